---------------------------- MODULE CommitLatency ----------------------------
(* How long a client waits for a commit, in ticks of time. A round to a range is two parts, each bounded: what its leader *)
(* has to do (with the way there and back), and the replication of its entry. Nothing takes place after its deadline.     *)
EXTENDS Integers, FiniteSets

CONSTANTS
    Txns,
    MaxLeaderProcessingTime,
    MaxReplicationTime,
    MaxStart,   \* the latest start of a transaction
    MayMove,    \* whether a write may be pushed up, so that the record has to be staged again
    Bug         \* "none"; "TwoPhases": the record goes out after the writes; "OneAfterTheOther": so do the ranges

Ranges == {"anchor", "other"}
Round  == MaxLeaderProcessingTime + MaxReplicationTime

VARIABLES
    now,
    txn,   \* what is known of a transaction: ranges, start, commit, moved, and which step it is at
    work   \* transaction -> range -> what is done there, and since when
vars == <<now, txn, work>>

Rest == [part |-> "rest", since |-> 0]

Init ==
    /\ now = 0
    /\ txn \in [Txns -> [step : {"before"}, ranges : {{"anchor"}, Ranges}, startTime : {0}, commitTime : {0}, moved : {FALSE}]]
    /\ work = [x \in Txns |-> [r \in Ranges |-> Rest]]

Send(x, rs) == work' = [work EXCEPT ![x] = [r \in Ranges |-> IF r \in rs THEN [part |-> "leader", since |-> now] ELSE @[r]]]
To(x, step) == txn' = [txn EXCEPT ![x].step = step]

Start(x) == \* writes, and with them the record: CommitAttempt.SendWrites
    /\ txn[x].step = "before" /\ now <= MaxStart
    /\ txn' = [txn EXCEPT ![x].step = "writing", ![x].startTime = now]
    /\ Send(x, IF Bug = "OneAfterTheOther" THEN {"anchor"} ELSE txn[x].ranges)
    /\ UNCHANGED now

AppendEntry(x, r) == \* the leader has looked at it, stamped it and appended it
    /\ work[x][r].part = "leader"
    /\ work' = [work EXCEPT ![x][r] = [part |-> "replication", since |-> now]]
    /\ \/ UNCHANGED txn
       \/ MayMove /\ txn[x].step = "writing" /\ r = "other" /\ txn' = [txn EXCEPT ![x].moved = TRUE]
    /\ UNCHANGED now

Replicated(x, r) == \* a majority has it on disk
    /\ work[x][r].part = "replication"
    /\ work' = [work EXCEPT ![x][r] = [part |-> "done", since |-> 0]]
    /\ UNCHANGED <<now, txn>>

Done(x, r) == work[x][r].part = "done"
AllDone(x) == \A r \in txn[x].ranges : Done(x, r)

Next2(x) == \* the mistake: one range waits for the other
    /\ Bug = "OneAfterTheOther" /\ txn[x].step = "writing" /\ txn[x].ranges = Ranges
    /\ Done(x, "anchor") /\ work[x]["other"].part = "rest"
    /\ Send(x, {"other"})
    /\ UNCHANGED <<now, txn>>

\* One range: one command. Several: parallel commits need no second round unless a write was moved.
NeedsRecord(x) == Cardinality(txn[x].ranges) > 1 /\ (Bug = "TwoPhases" \/ txn[x].moved)

SendRecord(x) ==
    /\ txn[x].step = "writing" /\ AllDone(x) /\ NeedsRecord(x)
    /\ To(x, "record")
    /\ Send(x, {"anchor"})
    /\ UNCHANGED now

Commit(x) == \* the client is answered
    /\ AllDone(x)
    /\ txn[x].step = "record" \/ (txn[x].step = "writing" /\ ~NeedsRecord(x))
    /\ txn' = [txn EXCEPT ![x].step = "committed", ![x].commitTime = now]
    /\ UNCHANGED <<now, work>>

\* What depends on nothing but the coordinator takes no time of its own.
Urgent(x) == ENABLED Next2(x) \/ ENABLED SendRecord(x) \/ ENABLED Commit(x)
Bound(part) == IF part = "leader" THEN MaxLeaderProcessingTime ELSE MaxReplicationTime
Tick ==
    /\ \E x \in Txns : txn[x].step # "committed"
    /\ \A x \in Txns : /\ ~Urgent(x)
                       /\ txn[x].step = "before" => now < MaxStart
                       /\ \A r \in Ranges : work[x][r].part \in {"leader", "replication"} => now < work[x][r].since + Bound(work[x][r].part)
    /\ now' = now + 1
    /\ UNCHANGED <<txn, work>>

Next ==
    \/ Tick
    \/ \E x \in Txns : Start(x) \/ Next2(x) \/ SendRecord(x) \/ Commit(x) \/ (\E r \in Ranges : AppendEntry(x, r) \/ Replicated(x, r))
Spec == Init /\ [][Next]_vars /\ WF_vars(Next)

-----------------------------------------------------------------------------
TypeOk ==
    /\ now \in 0..(MaxStart + 4 * Round)
    /\ \A x \in Txns : txn[x].step \in {"before", "writing", "record", "committed"} /\ txn[x].commitTime \in 0..now
    /\ \A x \in Txns, r \in Ranges : work[x][r].part \in {"rest", "leader", "replication", "done"}

Committed(x) == txn[x].step = "committed"

\* Over one range or several, whatever other transactions do: one round.
TimingInvariant ==
    \A x \in Txns : Committed(x) /\ ~txn[x].moved =>
       txn[x].commitTime - txn[x].startTime <= MaxLeaderProcessingTime + MaxReplicationTime

\* A write that was pushed up costs one more: the record is staged again.
MovedTiming == \A x \in Txns : Committed(x) => txn[x].commitTime - txn[x].startTime <= 2 * Round

\* No starvation: what begins is committed.
AllCommit == <>(\A x \in Txns : Committed(x))

NotSlowest == ~(\E x \in Txns : Committed(x) /\ ~txn[x].moved /\ txn[x].commitTime - txn[x].startTime = Round /\ txn[x].ranges = Ranges)
NotMovedSlowest == ~(\E x \in Txns : Committed(x) /\ txn[x].moved /\ txn[x].commitTime - txn[x].startTime = 2 * Round)
=============================================================================
