--------------------------- MODULE LogReplication ---------------------------
(***************************************************************************)
(* One replicated log: src/Banyan.Raft. Elections in simple form (no       *)
(* pre-vote, no leases: see leader-election), appends, acknowledgements    *)
(* after the flush, commitment, crashes that lose what was not flushed.    *)
(*                                                                         *)
(* An entry is written as the term of the leader that made it: a term has  *)
(* one leader, which gives each place of its log one entry.                *)
(*                                                                         *)
(* There is no set of messages. What a leader of term t ever sent is a     *)
(* piece of sent[t], the longest log it had; any piece may arrive at any   *)
(* time, any number of times, or never. The same holds for acknowledged.   *)
(*                                                                         *)
(* Each action is one event of a real run, with the parameters that a      *)
(* trace would give it: the README lists them.                             *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets, TLC

CONSTANTS
    Server,
    MaxTerm,
    MaxLength,    \* no log grows longer
    MaxRestarts,
    Bug           \* "none", or the name of a mutation

None == "none"

VARIABLES
    term, vote, role, log, commit, \* in memory
    disk,         \* what a restart finds: HardState and entries, as of the last flush
    unflushed,    \* the index that a follower will acknowledge in this term once it is flushed
    requests,     \* votes asked for: <<candidate, term, last term, last index>>
    votes,        \* votes given: <<voter, candidate, term>>
    sent,         \* by term: the longest log that its leader had
    sentCommit,   \* by term: the highest commit index that its leader had
    acknowledged, \* by term and follower: the highest index of its leader's log that it said is durable
    agreed,       \* what was ever committed: entry, and the term of the leader that committed it
    restarts

memory == <<term, vote, role, log, commit>>
vars == <<memory, disk, unflushed, requests, votes, sent, sentCommit, acknowledged, agreed, restarts>>

Terms == 1..MaxTerm
Lengths == 0..MaxLength
Logs == UNION {[1..n -> Terms] : n \in Lengths}

TypeOK ==
    /\ term \in [Server -> 0..MaxTerm]
    /\ vote \in [Server -> Server \cup {None}]
    /\ role \in [Server -> {"follower", "candidate", "leader"}]
    /\ log \in [Server -> Logs]
    /\ commit \in [Server -> Lengths]
    /\ disk \in [Server -> [term : 0..MaxTerm, vote : Server \cup {None}, log : Logs, commit : Lengths]]
    /\ unflushed \in [Server -> Lengths]
    /\ sent \in [Terms -> Logs]
    /\ sentCommit \in [Terms -> Lengths]
    /\ acknowledged \in [Terms -> [Server -> Lengths]]
    /\ restarts \in 0..MaxRestarts

IsQuorum(set) == Cardinality(set) * 2 > Cardinality(Server)
Min(a, b) == IF a < b THEN a ELSE b
Max(a, b) == IF a > b THEN a ELSE b
TermAt(l, i) == IF i = 0 THEN 0 ELSE l[i]
LastTerm(l) == TermAt(l, Len(l))
Prefix(l, n) == SubSeq(l, 1, n)

Init ==
    /\ term = [s \in Server |-> 0]
    /\ vote = [s \in Server |-> None]
    /\ role = [s \in Server |-> "follower"]
    /\ log = [s \in Server |-> <<>>]
    /\ commit = [s \in Server |-> 0]
    /\ disk = [s \in Server |-> [term |-> 0, vote |-> None, log |-> <<>>, commit |-> 0]]
    /\ unflushed = [s \in Server |-> 0]
    /\ requests = {} /\ votes = {}
    /\ sent = [t \in Terms |-> <<>>]
    /\ sentCommit = [t \in Terms |-> 0]
    /\ acknowledged = [t \in Terms |-> [s \in Server |-> 0]]
    /\ agreed = <<>>
    /\ restarts = 0

-----------------------------------------------------------------------------
\* The flush of everything that s has in memory, with a new term and vote. It releases the acknowledgement that waited,
\* unless that was of an earlier term: who reads it knows that it is late.
FlushWith(s, t, v) ==
    /\ disk' = [disk EXCEPT ![s] = [term |-> t, vote |-> v, log |-> log[s], commit |-> commit[s]]]
    /\ unflushed' = [unflushed EXCEPT ![s] = 0]
    /\ IF unflushed[s] > 0
       THEN acknowledged' = [acknowledged EXCEPT ![term[s]][s] = Max(@, unflushed[s])]
       ELSE UNCHANGED acknowledged

\* What a step does in memory is apart from what it makes durable: LogReplicationRounds has flushes of their own.
CampaignInMemory(s, t) ==
    /\ t > term[s]
    /\ term' = [term EXCEPT ![s] = t]
    /\ vote' = [vote EXCEPT ![s] = s]
    /\ role' = [role EXCEPT ![s] = "candidate"]
    /\ UNCHANGED <<log, commit>>

\* A candidate asks only when its own vote, and so its whole log, is durable.
Campaign(s, t) ==
    /\ CampaignInMemory(s, t)
    /\ FlushWith(s, t, s)
    /\ requests' = requests \cup {<<s, t, LastTerm(log[s]), Len(log[s])>>}
    /\ votes' = votes \cup {<<s, s, t>>}
    /\ UNCHANGED <<sent, sentCommit, agreed, restarts>>

VoteInMemory(v, c, t) ==
    /\ v # c
    /\ \E r \in requests :
        /\ r[1] = c /\ r[2] = t
        /\ r[3] > LastTerm(log[v]) \/ (r[3] = LastTerm(log[v]) /\ r[4] >= Len(log[v]))
    /\ t > term[v] \/ (t = term[v] /\ vote[v] \in {None, c} /\ role[v] = "follower")
    /\ term' = [term EXCEPT ![v] = t]
    /\ vote' = [vote EXCEPT ![v] = c]
    /\ role' = [role EXCEPT ![v] = "follower"]
    /\ UNCHANGED <<log, commit>>

\* The answer leaves after the flush.
Vote(v, c, t) ==
    /\ <<v, c, t>> \notin votes
    /\ VoteInMemory(v, c, t)
    /\ FlushWith(v, t, c)
    /\ votes' = votes \cup {<<v, c, t>>}
    /\ UNCHANGED <<requests, sent, sentCommit, agreed, restarts>>

\* The first entry of a term is empty; it leaves beside its own flush.
BecomeLeader(s, t) ==
    /\ role[s] = "candidate" /\ term[s] = t
    /\ IsQuorum({v \in Server : <<v, s, t>> \in votes})
    /\ Len(log[s]) < MaxLength
    /\ role' = [role EXCEPT ![s] = "leader"]
    /\ log' = [log EXCEPT ![s] = Append(@, t)]
    /\ sent' = [sent EXCEPT ![t] = Append(log[s], t)]
    /\ sentCommit' = [sentCommit EXCEPT ![t] = commit[s]]
    /\ UNCHANGED <<term, vote, commit, disk, unflushed, requests, votes, acknowledged, agreed, restarts>>

\* TryPropose.
Propose(s, t, i) ==
    /\ role[s] = "leader" /\ term[s] = t /\ i = Len(log[s]) + 1 /\ i <= MaxLength
    /\ log' = [log EXCEPT ![s] = Append(@, t)]
    /\ sent' = [sent EXCEPT ![t] = log'[s]]
    /\ UNCHANGED <<term, vote, role, commit, disk, unflushed, requests, votes, sentCommit, acknowledged, agreed, restarts>>

\* OnAppendEntries, RaftLog.Merge: cuts what conflicts, adds what is new, and keeps what is there already.
Merged(old, prev, last, from) ==
    LET agree == \A i \in (prev + 1)..Min(last, Len(old)) : old[i] = from[i] IN
    IF agree /\ Len(old) >= last /\ Bug # "CutOnRepeat" THEN old ELSE Prefix(from, last)

AcceptInMemory(f, t, prev, last, c) ==
    /\ t >= term[f] /\ sent[t] # <<>> /\ ~(role[f] = "leader" /\ term[f] = t)
    /\ last <= Len(sent[t]) /\ c <= sentCommit[t]
    /\ prev <= Min(last, Len(log[f])) /\ TermAt(log[f], prev) = TermAt(sent[t], prev)
    /\ term' = [term EXCEPT ![f] = t]
    /\ vote' = [vote EXCEPT ![f] = IF t > term[f] THEN None ELSE @]
    /\ role' = [role EXCEPT ![f] = "follower"]
    /\ log' = [log EXCEPT ![f] = Merged(@, prev, last, sent[t])]
    /\ commit' = [commit EXCEPT ![f] = Max(@, IF Bug = "CommitUnseen" THEN Min(c, Len(log'[f])) ELSE Min(c, last))]

Accept(f, t, prev, last, c) ==
    /\ AcceptInMemory(f, t, prev, last, c)
    /\ unflushed' = [unflushed EXCEPT ![f] = IF t > term[f] THEN last ELSE Max(@, last)]
    /\ IF Bug = "AcknowledgeEarly"
       THEN acknowledged' = [acknowledged EXCEPT ![t][f] = Max(@, last)]
       ELSE UNCHANGED acknowledged
    /\ UNCHANGED <<disk, requests, votes, sent, sentCommit, agreed, restarts>>

\* OnFlushed; a leader may count itself from here on.
Flush(s) ==
    /\ disk[s] # [term |-> term[s], vote |-> vote[s], log |-> log[s], commit |-> commit[s]] \/ unflushed[s] > 0
    /\ FlushWith(s, term[s], vote[s])
    /\ UNCHANGED <<memory, requests, votes, sent, sentCommit, agreed, restarts>>

\* AdvanceCommit.
HasDurably(l, s, i) ==
    IF s = l THEN Len(IF Bug = "AcknowledgeEarly" THEN log[l] ELSE disk[l].log) >= i ELSE acknowledged[term[l]][s] >= i

Commit(l, t, i) ==
    /\ role[l] = "leader" /\ term[l] = t
    /\ i > commit[l] /\ i <= Len(log[l])
    /\ log[l][i] = t \/ Bug = "CountOlderTerms"
    /\ IsQuorum({s \in Server : HasDurably(l, s, i)})
    /\ commit' = [commit EXCEPT ![l] = i]
    /\ sentCommit' = [sentCommit EXCEPT ![t] = i]
    /\ agreed' = [n \in 1..Max(i, Len(agreed)) |->
                    IF n <= Len(agreed) THEN agreed[n] ELSE [entry |-> log[l][n], by |-> t]]
    /\ UNCHANGED <<term, vote, role, log, disk, unflushed, requests, votes, sent, acknowledged, restarts>>

\* A crash at any point: what was not flushed is gone.
Restart(s) ==
    /\ restarts < MaxRestarts
    /\ restarts' = restarts + 1
    /\ term' = [term EXCEPT ![s] = disk[s].term]
    /\ vote' = [vote EXCEPT ![s] = disk[s].vote]
    /\ role' = [role EXCEPT ![s] = "follower"]
    /\ log' = [log EXCEPT ![s] = disk[s].log]
    /\ commit' = [commit EXCEPT ![s] = disk[s].commit]
    /\ unflushed' = [unflushed EXCEPT ![s] = 0]
    /\ UNCHANGED <<disk, requests, votes, sent, sentCommit, acknowledged, agreed>>

\* The next two are here for traces (LogReplicationTrace). The model does without: a member that learns a term, and a leader that steps down,
\* do nothing that they could not do, or leave undone, as they were before; a campaign may skip terms.
\* A message of a later term that changes nothing else: a refused append, a refused vote.
LearnTerm(s, t) ==
    /\ t > term[s]
    /\ term' = [term EXCEPT ![s] = t]
    /\ vote' = [vote EXCEPT ![s] = None]
    /\ role' = [role EXCEPT ![s] = "follower"]
    /\ unflushed' = [unflushed EXCEPT ![s] = 0]
    /\ UNCHANGED <<log, commit, disk, requests, votes, sent, sentCommit, acknowledged, agreed, restarts>>

StepDown(s) ==
    /\ role[s] # "follower"
    /\ role' = [role EXCEPT ![s] = "follower"]
    /\ UNCHANGED <<term, vote, log, commit, disk, unflushed, requests, votes, sent, sentCommit, acknowledged, agreed, restarts>>

Next ==
    \E s \in Server :
        \/ Flush(s)
        \/ Restart(s)
        \/ \E t \in Terms : t > term[s] /\ Campaign(s, t)
        \/ \E r \in requests : Vote(s, r[1], r[2])
        \/ BecomeLeader(s, term[s])
        \/ Propose(s, term[s], Len(log[s]) + 1)
        \/ \E i \in commit[s] + 1..Len(log[s]) : Commit(s, term[s], i)
        \/ \E t \in Terms :
            /\ t >= term[s]
            /\ \E last \in 0..Len(sent[t]) :
                \E prev \in 0..Min(last, Len(log[s])), c \in 0..(IF Bug = "CommitUnseen" THEN MaxLength ELSE Min(last, sentCommit[t])) :
                    Accept(s, t, prev, last, c)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
\* "one leader a term"
OneLeaderATerm ==
    \A s, other \in Server : role[s] = "leader" /\ role[other] = "leader" /\ term[s] = term[other] => s = other

\* Same index and term: the same entry, and the same entries before it.
\* (Said of neighbours, which comes to the same.)
LogsMatch(a, b) == \A i \in 2..Min(Len(a), Len(b)) : a[i] = b[i] => a[i - 1] = b[i - 1]
EqualLogs ==
    /\ \A s, other \in Server : LogsMatch(log[s], log[other]) /\ LogsMatch(log[s], disk[other].log)
    /\ \A s \in Server, t \in Terms : LogsMatch(log[s], sent[t])

\* Whoever leads a later term has all that was committed.
LeaderIsComplete ==
    \A s \in Server : role[s] = "leader" =>
        \A i \in 1..Len(agreed) : agreed[i].by < term[s] => i <= Len(log[s]) /\ log[s][i] = agreed[i].entry

\* What any two apply at an index is the same.
AppliedAgrees ==
    \A s \in Server : commit[s] <= Len(log[s]) /\ \A i \in 1..commit[s] : i <= Len(agreed) /\ log[s][i] = agreed[i].entry

\* Acknowledged <= durable, as long as the follower stays in that term.
AcknowledgedIsDurable ==
    \A s \in Server : term[s] > 0 => Len(disk[s].log) >= acknowledged[term[s]][s]

CommittedIsDurable ==
    \A i \in 1..Len(agreed) :
        IsQuorum({s \in Server : Len(disk[s].log) >= i /\ disk[s].log[i] = agreed[i].entry})

\* HardState: term and vote are never taken back; "a committed entry is never cut".
HardStateStays ==
    [][\A s \in Server :
        /\ disk'[s].term >= disk[s].term
        /\ disk'[s].term = disk[s].term /\ disk[s].vote # None => disk'[s].vote = disk[s].vote
        /\ disk'[s].commit >= disk[s].commit
        /\ restarts' = restarts => commit'[s] >= commit[s] /\ Prefix(log'[s], commit[s]) = Prefix(log[s], commit[s])]_vars

-----------------------------------------------------------------------------
\* To be refuted: an entry of an earlier leader is committed below one of the present leader.
NotReachedOlderEntry == \A i \in 1..Len(agreed) : agreed[i].entry = agreed[i].by

\* To be refuted: a flushed entry is cut because another leader's stands in its place, and that one is committed.
NotReachedCut ==
    ~\E t \in Terms : \E i \in 1..Len(agreed) :
        i <= Len(sent[t]) /\ sent[t][i] # agreed[i].entry /\ \E s \in Server : acknowledged[t][s] >= i

Symmetry == Permutations(Server)

\* Narrows a search: terms in order, one candidate in each (rivals: see leader-election), never the same twice in a row.
Alternate ==
    \A r, q \in requests :
        /\ (r[2] = q[2] => r = q)
        /\ (r[2] = q[2] + 1 => r[1] # q[1])
        /\ \A t \in 1..r[2] : \E p \in requests : p[2] = t

\* The same, with prompt flushes: one server at a time has entries to flush.
Prompt == Alternate /\ Cardinality({s \in Server : disk[s].log # log[s]}) <= 1
=============================================================================
