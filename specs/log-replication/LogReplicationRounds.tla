------------------------ MODULE LogReplicationRounds ------------------------
(***************************************************************************)
(* LogReplication at the grain of the code: what a step promises waits     *)
(* (Ready.MessagesAfterFlush), is handed over for writing together with    *)
(* what it depends on (TakeReady), and leaves when that is durable         *)
(* (RaftReplicatedLog.OnFlushed), while other steps go on. A crash leaves  *)
(* on the disk whatever of the writes under way had got there.             *)
(***************************************************************************)
EXTENDS LogReplication

CONSTANT MaxWrites \* under way at once, per server

VARIABLES
    promised, \* by server, not yet handed over: <<"vote", term, candidate>>, <<"ask", term, last term, last index>>, <<"durable", term, index>>
    writes    \* by server, in order: what was handed over and is not known to be durable: number, image of the disk, promises

fine == <<promised, writes>>
fineVars == <<vars, fine>>

InitRounds == Init /\ promised = [s \in Server |-> {}] /\ writes = [s \in Server |-> <<>>]

Promise(s, what) == promised' = [promised EXCEPT ![s] = @ \cup what]
OnlyMemory == UNCHANGED <<disk, unflushed, requests, votes, sent, sentCommit, acknowledged, agreed, restarts, writes>>

\* What a write makes of the disk, at the earliest: the last write that is under way, else the disk.
LastImage(s) == IF writes[s] = <<>> THEN disk[s] ELSE writes[s][Len(writes[s])].image

-----------------------------------------------------------------------------
CampaignStep(s, t) ==
    /\ CampaignInMemory(s, t)
    /\ Promise(s, {<<"vote", t, s>>, <<"ask", t, LastTerm(log[s]), Len(log[s])>>})
    /\ OnlyMemory

VoteStep(v, c, t) == VoteInMemory(v, c, t) /\ Promise(v, {<<"vote", t, c>>}) /\ OnlyMemory

AcceptStep(f, t, prev, last, c) == AcceptInMemory(f, t, prev, last, c) /\ Promise(f, {<<"durable", t, last>>}) /\ OnlyMemory

BecomeLeaderStep(s, t) == BecomeLeader(s, t) /\ UNCHANGED fine
ProposeStep(s, t, i) == Propose(s, t, i) /\ UNCHANGED fine
CommitStep(l, t, i) == Commit(l, t, i) /\ UNCHANGED fine
LearnTermStep(s, t) == LearnTerm(s, t) /\ UNCHANGED fine
StepDownStep(s) == StepDown(s) /\ UNCHANGED fine

\* TakeReady. What is known to be committed may be written later than the rest: it can be learned again.
WriteStep(s, n, c) ==
    /\ c <= commit[s]
    /\ writes' = [writes EXCEPT ![s] = Append(@,
        [number |-> n, promises |-> promised[s],
         image |-> [term |-> term[s], vote |-> vote[s], log |-> log[s], commit |-> Max(c, LastImage(s).commit)]])]
    /\ promised' = [promised EXCEPT ![s] = {}]
    /\ UNCHANGED vars

\* OnFlushed: a write, and all before it, is durable, and what waited for it leaves.
Durable(promises, t, before) ==
    LET indexes == {p[3] : p \in {q \in promises : q[1] = "durable" /\ q[2] = t}}
    IN  IF indexes = {} THEN before ELSE Max(before, CHOOSE i \in indexes : \A j \in indexes : j <= i)

FlushStep(s, n) ==
    \E k \in 1..Len(writes[s]) :
        /\ writes[s][k].number = n
        /\ LET early == IF Bug = "LeavesWithRoundBefore" THEN promised[s] ELSE {}
               promises == UNION {writes[s][j].promises : j \in 1..k} \cup early
               terms == {p[2] : p \in {q \in promises : q[1] = "durable"}}
           IN  /\ votes' = votes \cup {<<s, p[3], p[2]>> : p \in {q \in promises : q[1] = "vote"}}
               /\ requests' = requests \cup {<<s, p[2], p[3], p[4]>> : p \in {q \in promises : q[1] = "ask"}}
               /\ acknowledged' = [t \in DOMAIN acknowledged |->
                    IF t \in terms THEN [acknowledged[t] EXCEPT ![s] = Durable(promises, t, @)] ELSE acknowledged[t]]
        /\ disk' = [disk EXCEPT ![s] = writes[s][k].image]
        /\ writes' = [writes EXCEPT ![s] = SubSeq(@, k + 1, Len(@))]
        /\ UNCHANGED <<memory, unflushed, sent, sentCommit, agreed, restarts, promised>>

\* What a crash may leave on the disk: everything up to a write. (The code's rounds are whole or not there. The model allows
\* a little more: that write's term and vote without its entries, and then without its commit index, which speaks of them.)
Left(s) ==
    LET before(k) == IF k = 1 THEN disk[s] ELSE writes[s][k - 1].image
        torn(k) == [writes[s][k].image EXCEPT !.log = before(k).log,
                    !.commit = IF Bug = "CommitBeforeEntries" THEN Min(@, Len(before(k).log)) ELSE before(k).commit]
    IN  {disk[s]} \cup {writes[s][k].image : k \in 1..Len(writes[s])} \cup {torn(k) : k \in 1..Len(writes[s])}

RestartStep(s, image) ==
    /\ restarts < MaxRestarts
    /\ image \in Left(s)
    /\ restarts' = restarts + 1
    /\ disk' = [disk EXCEPT ![s] = image]
    /\ term' = [term EXCEPT ![s] = image.term]
    /\ vote' = [vote EXCEPT ![s] = image.vote]
    /\ role' = [role EXCEPT ![s] = "follower"]
    /\ log' = [log EXCEPT ![s] = image.log]
    /\ commit' = [commit EXCEPT ![s] = image.commit]
    /\ promised' = [promised EXCEPT ![s] = {}]
    /\ writes' = [writes EXCEPT ![s] = <<>>]
    /\ UNCHANGED <<unflushed, requests, votes, sent, sentCommit, acknowledged, agreed>>

\* OnSnapshotInstalled: everything that is committed up to there takes the log's place, in one record. It is told to the
\* leader of the term, who has it.
InstallStep(f, i) ==
    /\ i > commit[f] /\ i <= Len(agreed)
    /\ log' = [log EXCEPT ![f] = [n \in 1..i |-> agreed[n].entry]]
    /\ commit' = [commit EXCEPT ![f] = i]
    /\ writes' = [writes EXCEPT ![f] = Append(@, [number |-> 0, promises |-> {}, image |-> [LastImage(f) EXCEPT !.log = log'[f], !.commit = i]])]
    /\ Promise(f, {<<"durable", term[f], i>>})
    /\ UNCHANGED <<term, vote, role, disk, unflushed, requests, votes, sent, sentCommit, acknowledged, agreed, restarts>>

\* CaptureLog: written beside the log, and promises nothing.
CheckpointStep(s) ==
    /\ writes' = [writes EXCEPT ![s] = Append(@, [number |-> 0, promises |-> {},
        image |-> [term |-> term[s], vote |-> vote[s], log |-> log[s], commit |-> commit[s]]])]
    /\ UNCHANGED <<vars, promised>>

-----------------------------------------------------------------------------
MayWrite(s) ==
    /\ Len(writes[s]) < MaxWrites
    /\ promised[s] # {} \/ LET i == LastImage(s) IN i.term # term[s] \/ i.vote # vote[s] \/ i.log # log[s]

NextRounds ==
    \E s \in Server :
        \/ MayWrite(s) /\ WriteStep(s, 1 + (IF writes[s] = <<>> THEN 0 ELSE writes[s][Len(writes[s])].number), commit[s])
        \/ \E k \in 1..Len(writes[s]) : FlushStep(s, writes[s][k].number)
        \/ \E image \in Left(s) : RestartStep(s, image)
        \/ \E t \in Terms : t > term[s] /\ CampaignStep(s, t)
        \/ \E r \in requests : <<"vote", r[2], r[1]>> \notin promised[s] /\ <<s, r[1], r[2]>> \notin votes /\ VoteStep(s, r[1], r[2])
        \/ BecomeLeaderStep(s, term[s])
        \/ ProposeStep(s, term[s], Len(log[s]) + 1)
        \/ \E i \in commit[s] + 1..Len(log[s]) : CommitStep(s, term[s], i)
        \/ \E t \in Terms : t >= term[s] /\ \E last \in 0..Len(sent[t]) :
              \E prev \in 0..Min(last, Len(log[s])), c \in 0..Min(last, sentCommit[t]) : AcceptStep(s, t, prev, last, c)

SpecRounds == InitRounds /\ [][NextRounds]_fineVars

-----------------------------------------------------------------------------
\* To be refuted: while a write of a server is under way it takes a step that will be acknowledged by a later one, and an
\* entry is committed meanwhile.
NotReachedOverlap ==
    ~(agreed # <<>> /\ \E s \in Server : writes[s] # <<>> /\ \E p \in promised[s] : p[1] = "durable" /\ p[3] > 0)

\* To be refuted: a crash leaves a vote on the disk that never left.
NotReachedUnsaid ==
    ~\E s \in Server :
        /\ restarts > 0 /\ writes[s] = <<>> /\ promised[s] = {}
        /\ disk[s].vote # None /\ <<s, disk[s].vote, disk[s].term>> \notin votes

\* Narrows a search with crashes further: one server at a time writes, or has something to write.
OneWrites == Prompt /\ Cardinality({s \in Server : writes[s] # <<>> \/ promised[s] # {}}) <= 1
=============================================================================
