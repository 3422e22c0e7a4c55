-------------------------- MODULE ParallelCommits --------------------------
(* One request of a client, tried in attempts 1, 2, ...; each attempt is a transaction with an id of its own that writes  *)
(* one key on each of two ranges. Writes and the STAGING record go out together; whoever finds the transaction in the way *)
(* recovers it. Every message may be applied any number of times, at any later moment, or never.                         *)
EXTENDS Integers, FiniteSets, TLC

CONSTANTS
    MaxId,       \* attempts
    MaxTs,       \* timestamps are 1..MaxTs
    Recoverers,  \* those who push and recover, beside the coordinator
    MayDie,      \* whether the coordinator may die
    HorizonMax,  \* up to which attempt records may be forgotten
    Bug          \* "none", or the mistake of a twin

Keys   == {"a", "b"}     \* each on its own range, which has the key's name
Anchor == "a"            \* the record lives there
Ids    == 1..MaxId
Ts     == 1..MaxTs
Self   == "coordinator"
Askers == Recoverers \cup {Self}
Symmetry == Permutations(Recoverers)

None     == [id |-> 0, ts |-> 0]
NoRecord == [status |-> "none", ts |-> 0]
Idle     == [id |-> 0, ts |-> 0, found |-> [k \in Keys |-> "unasked"]]
Nothing  == [k \in Keys |-> "none"]
Rest(phase, i) == [phase |-> phase, id |-> i, ts |-> 0, stagedAt |-> 0, mayBeStaged |-> FALSE, got |-> Nothing, landed |-> FALSE]
Max(x, y) == IF x > y THEN x ELSE y

VARIABLES
    \* what is replicated, range by range
    intent,     \* key -> who has an intent there, and at what timestamp
    version,    \* key -> the versions that are committed: a set of [id, ts]
    prevented,  \* range -> ids whose writes are refused there
    horizon,    \* range -> attempts up to here are too old to begin anything
    record,     \* id -> status and timestamp
    cleared,    \* ids whose record says that no intent is left
    \* what is under way
    sent,       \* id -> timestamp of the first transmission of its writes; 0 before
    again,      \* id -> what was staged again: a set of [ts, writes]
    resolvable, \* final outcomes that somebody has learned and may act upon: [id, commit, ts]
    resolved,   \* id -> keys on which a resolution of a commit was applied
    \* those who act
    c,          \* the coordinator
    asker,      \* the recoveries
    \* what nobody in the system can see
    reads,      \* whether the transaction has reads
    goodUpTo,   \* id -> up to which timestamp what it read stays unchanged
    fate,       \* id -> the first final status of its record, and its timestamp
    answer      \* what the client was told

range == <<intent, version, prevented, horizon, record, cleared>>
ghost == <<reads, goodUpTo>>
vars  == <<range, sent, again, resolvable, resolved, c, asker, ghost, fate, answer>>

Init ==
    /\ intent = [k \in Keys |-> None]
    /\ version = [k \in Keys |-> {}]
    /\ prevented = [k \in Keys |-> {}]
    /\ horizon = [k \in Keys |-> 0]
    /\ record = [i \in Ids |-> NoRecord]
    /\ cleared = {}
    /\ sent = [i \in Ids |-> 0]
    /\ again = [i \in Ids |-> {}]
    /\ resolvable = {}
    /\ resolved = [i \in Ids |-> {}]
    /\ c = Rest("idle", 0)
    /\ asker = [r \in Askers |-> Idle]
    /\ reads \in BOOLEAN
    /\ goodUpTo = [i \in Ids |-> MaxTs]
    /\ fate = [i \in Ids |-> NoRecord]
    /\ answer = [kind |-> "none", id |-> 0, ts |-> 0]

Final(status) == status \in {"committed", "aborted"}
Standing(i, k, ts) == intent[k].id = i /\ intent[k].ts <= ts

\* A record becomes final: what everybody who asks will be told from then on.
Finish(i, status, ts) ==
    /\ record' = [record EXCEPT ![i] = [status |-> status, ts |-> ts]]
    /\ fate' = IF fate[i].status = "none" THEN [fate EXCEPT ![i] = [status |-> status, ts |-> ts]] ELSE fate

Learn(i, status, ts) == resolvable' = resolvable \cup {[id |-> i, commit |-> status = "committed", ts |-> ts]}

\* What the client's history at the anchor knows to be done. Every commit enters it in the step that makes the record final
\* (RangeState.ApplyEnd), and nothing is dropped from it before the client has its answer: it needs no variable of its own.
History == {[id |-> i, ts |-> fate[i].ts] : i \in {j \in Ids : fate[j].status = "committed"}}
DoneBefore == CHOOSE done \in History : TRUE

-----------------------------------------------------------------------------
(* The coordinator: CommitAttempt *)

Begin == \* TransactionRun.Begin, CommitAttempt.SendWrites
    /\ c.phase = "idle"
    /\ c.id < MaxId
    /\ c' = [phase |-> "writing", id |-> c.id + 1, ts |-> 1, stagedAt |-> 0, mayBeStaged |-> TRUE,
             got |-> Nothing, landed |-> FALSE]
    /\ \E t \in Ts : (~reads => t = MaxTs) /\ goodUpTo' = [goodUpTo EXCEPT ![c.id + 1] = t]
    /\ sent' = [sent EXCEPT ![c.id + 1] = 1]
    /\ UNCHANGED <<range, again, resolvable, resolved, asker, reads, fate, answer>>

TimeOut(k) == \* ReplyBody.Unknown: it may have happened or not
    /\ c.phase = "writing" /\ c.got[k] = "none"
    /\ c' = [c EXCEPT !.got[k] = "unknown"]
    /\ UNCHANGED <<range, sent, again, resolvable, resolved, asker, ghost, fate, answer>>

Unreachable(k) == \* nothing was done with this transmission: no leaseholder, or a range that does not have the key any more
    /\ c.phase = "writing" /\ c.got[k] = "none"
    /\ c' = [c EXCEPT !.got[k] = "refused"]
    /\ UNCHANGED <<range, sent, again, resolvable, resolved, asker, ghost, fate, answer>>

Decline(k) == \* the same, and the coordinator takes it that nothing was staged: a condition fails, or the request took effect before
    /\ c.phase = "writing" /\ c.got[k] = "none"
    /\ c' = [c EXCEPT !.got[k] = "refused", !.mayBeStaged = @ /\ k # Anchor]
    /\ UNCHANGED <<range, sent, again, resolvable, resolved, asker, ghost, fate, answer>>

AllIn    == \A k \in Keys : c.got[k] # "none"
Trouble  == \E k \in Keys : c.got[k] \in {"unknown", "refused", "done before"}
IsStaged == c.stagedAt # 0 /\ c.ts <= c.stagedAt

Acknowledge == \* CommitAttempt.OnAllWritten -> Committed
    /\ c.phase = "writing" /\ AllIn /\ ~Trouble /\ IsStaged
    /\ c' = [Rest("answered", c.id) EXCEPT !.ts = c.stagedAt, !.stagedAt = c.stagedAt]
    /\ answer' = [kind |-> "committed", id |-> c.id, ts |-> c.stagedAt]
    /\ IF Bug = "ResolveEarly" THEN Learn(c.id, "committed", c.stagedAt) ELSE UNCHANGED resolvable
    /\ UNCHANGED <<range, sent, again, resolved, asker, ghost, fate>>

StageAgain == \* CommitAttempt.Refresh -> Finalize: alone, after every other write has landed (trap 1)
    /\ c.phase = "writing"
    /\ IF Bug = "StageBeforeRefresh" THEN c.got[Anchor] # "none" ELSE AllIn
    /\ ~Trouble /\ ~IsStaged
    /\ reads => (c.ts <= goodUpTo[c.id] \/ Bug = "StageBeforeRefresh")
    /\ again' = [again EXCEPT ![c.id] = @ \cup {[ts |-> c.ts, writes |-> ~c.landed]}]
    /\ c' = [c EXCEPT !.got[Anchor] = "none", !.mayBeStaged = TRUE]
    /\ UNCHANGED <<range, sent, resolvable, resolved, asker, ghost, fate, answer>>

GiveUp == \* CommitAttempt.OnAllWritten -> Decide
    /\ c.phase = "writing" /\ AllIn
    /\ Trouble \/ (~IsStaged /\ reads /\ c.ts > goodUpTo[c.id])
    /\ c' = [c EXCEPT !.phase = "deciding", !.landed = FALSE,
          !.got = IF c.got[Anchor] = "done before" THEN [Nothing EXCEPT ![Anchor] = "done before"]
                  ELSE IF \E k \in Keys : c.got[k] = "unknown" THEN [Nothing EXCEPT ![Anchor] = "unknown"] ELSE Nothing]
    /\ UNCHANGED <<range, sent, again, resolvable, resolved, asker, ghost, fate, answer>>

Unknowns == c.got[Anchor] = "unknown"

\* CommitAttempt.OnRecovered, AfterAbort: with what the record is now, and whether the answer said that the request was done before
OnRecovered(rec, saysDone) ==
    LET done == saysDone \/ c.got[Anchor] = "done before" IN
    IF rec.status = "committed" THEN
        /\ c' = Rest("over", c.id)
        /\ answer' = [kind |-> "committed", id |-> c.id, ts |-> rec.ts]
    ELSE IF rec.status \in {"none", "aborted"} /\ done THEN
        /\ c' = Rest("over", c.id)
        /\ answer' = [kind |-> "committed", id |-> DoneBefore.id, ts |-> DoneBefore.ts]
    ELSE IF rec.status = "aborted" THEN \* the next attempt, or the request is reported as refused
        /\ c' = Rest("idle", c.id)
        /\ UNCHANGED answer
    ELSE IF rec.status = "none" /\ c.mayBeStaged /\ ~Unknowns THEN
        /\ c' = [c EXCEPT !.mayBeStaged = FALSE]
        /\ UNCHANGED answer
    ELSE
        /\ c' = Rest("over", c.id)
        /\ answer' = [kind |-> "ambiguous", id |-> c.id, ts |-> 0]

TooLate(k, i) == i <= horizon[k]

\* EndCommand where no staging record is expected: RangeState.ApplyEnd. Of a record that is not there the history is asked
\* first: it may have been committed by others, resolved and forgotten.
AbortUnstaged ==
    /\ c.phase = "deciding" /\ ~c.mayBeStaged
    /\ LET rec == record[c.id]
           missing == rec.status = "none"
       IN  IF missing /\ History # {} /\ Bug # "ForgottenIsAborted" THEN
              /\ OnRecovered(rec, TRUE)
              /\ UNCHANGED <<record, fate, resolvable>>
           ELSE IF missing /\ TooLate(Anchor, c.id) THEN
              \* Refused: nobody can say.
              /\ OnRecovered(IF Bug = "ForgottenIsAborted" THEN [rec EXCEPT !.status = "aborted"] ELSE rec, FALSE)
              /\ UNCHANGED <<record, fate, resolvable>>
           ELSE IF rec.status \in {"none", "pending"} THEN
              /\ Finish(c.id, "aborted", 0)
              /\ Learn(c.id, "aborted", 0)
              /\ OnRecovered([status |-> "aborted", ts |-> 0], FALSE)
           ELSE
              /\ OnRecovered(rec, FALSE)
              /\ IF Final(rec.status) THEN Learn(c.id, rec.status, rec.ts) ELSE UNCHANGED resolvable
              /\ UNCHANGED <<record, fate>>
    /\ UNCHANGED <<intent, version, prevented, horizon, cleared, sent, again, resolved, asker, ghost>>

MakeExplicit == \* CommitAttempt.Committed: EndCommand with the timestamp that was staged
    /\ c.phase = "answered"
    /\ c' = Rest("over", c.id)
    /\ IF record[c.id] = [status |-> "staging", ts |-> c.stagedAt] THEN
          /\ Finish(c.id, "committed", c.stagedAt)
          /\ Learn(c.id, "committed", c.stagedAt)
       ELSE IF record[c.id].status = "committed" THEN
          /\ Learn(c.id, "committed", record[c.id].ts)
          /\ UNCHANGED <<record, fate>>
       ELSE UNCHANGED <<record, fate, resolvable>>
    /\ UNCHANGED <<intent, version, prevented, horizon, cleared, sent, again, resolved, asker, ghost, answer>>

Unheard == \* the answer to the coordinator's recovery, or to its abort, is lost
    /\ c.phase = "deciding"
    /\ OnRecovered(NoRecord, FALSE)
    /\ asker' = [asker EXCEPT ![Self] = Idle]
    /\ UNCHANGED <<range, sent, again, resolvable, resolved, ghost, fate>>

Heartbeat == \* RangeState.ApplyHeartbeat; late copies, too
    /\ c.id > 0 /\ record[c.id].status = "none" /\ ~TooLate(Anchor, c.id)
    /\ record' = [record EXCEPT ![c.id] = [status |-> "pending", ts |-> 1]]
    /\ UNCHANGED <<intent, version, prevented, horizon, cleared, sent, again, resolvable, resolved, c, asker, ghost, fate, answer>>

Die ==
    /\ MayDie /\ c.phase \notin {"over", "dead"} /\ c.id > 0
    /\ c' = Rest("dead", c.id)
    /\ asker' = [asker EXCEPT ![Self] = Idle]
    /\ UNCHANGED <<range, sent, again, resolvable, resolved, ghost, fate, answer>>

-----------------------------------------------------------------------------
(* What a range does when a write is applied: Replica.HandleWrite, RangeState.ApplyWrite. The stamp may lie above what    *)
(* the coordinator asked for: a read was served there, time was closed, a version is newer.                              *)

\* The coordinator hears of it, or it does not.
Hear(i, k, what, ts, stagedAt) ==
    \/ UNCHANGED c
    \/ /\ c.phase = "writing" /\ c.id = i /\ c.got[k] = "none"
       /\ c' = [c EXCEPT !.got[k] = what, !.ts = Max(@, ts),
                         !.stagedAt = IF stagedAt # 0 THEN stagedAt ELSE @,
                         !.landed = @ \/ (k = Anchor /\ what = "done")]

Refuse(i, k) ==
    /\ Hear(i, k, "refused", 0, 0)
    /\ UNCHANGED <<intent, record>>

\* Admit asks the history before it says "too late": that would speak for an earlier copy that was in time.
IsDone(i, stages) == stages /\ ~Final(record[i].status) /\ History # {} /\ Bug # "ForgottenIsAborted"

\* AlreadyDone: nothing was staged by this transmission.
SayDone(i, k) ==
    /\ \/ UNCHANGED c
       \/ /\ c.phase = "writing" /\ c.id = i /\ c.got[k] = "none"
          /\ c' = [c EXCEPT !.got[k] = "done before", !.mayBeStaged = FALSE]
    /\ UNCHANGED <<intent, record>>

\* Whether the attempt may stage at its anchor, or write elsewhere, at all: Admit.
Admitted(i, k, stages) ==
    IF ~stages THEN ~TooLate(k, i) \/ Bug = "Recreate"
    ELSE /\ ~Final(record[i].status)
         /\ CASE Bug = "Recreate" -> TRUE
              [] Bug = "PendingIsNeverLate" -> TooLate(k, i) => record[i].status # "none"
              [] OTHER -> TooLate(k, i) => record[i].status = "staging"

Restages(i, ts) == record[i].status # "staging" \/ record[i].ts < ts \* RangeState.LayIntents

\* k's write, with the record if this is the anchor and `stages`; asked for at `ts`.
ApplyWriteAt(i, k, ts, stages, writes) ==
    /\ (intent[k].id \in {0, i} \/ ~writes) \* else it waits for whoever is in the way
    /\ IF i \in prevented[k] THEN Refuse(i, k)
       ELSE IF ~writes THEN
          IF IsDone(i, TRUE) THEN SayDone(i, k) ELSE
          IF ~Admitted(i, k, TRUE) THEN Refuse(i, k) ELSE
          \* the record alone: it never moves
          /\ record' = IF Restages(i, ts) THEN [record EXCEPT ![i] = [status |-> "staging", ts |-> ts]] ELSE record
          /\ Hear(i, k, "done", ts, ts)
          /\ UNCHANGED intent
       ELSE \E at \in ts..MaxTs :
          LET copy     == intent[k].id = i
              \* Moved above its reads, a write goes without the record, wherever it is (Replica.HandleWrite).
              stagesAt == stages /\ (at = ts \/ ~reads \/ Bug = "MovedStages")
              \* A copy's own stamp does not count: what stands, stands where it is.
              staged   == IF copy /\ Bug # "CopyMovesRecord" THEN IF reads THEN ts ELSE Max(ts, intent[k].ts) ELSE at
              done     == IF copy THEN Max(intent[k].ts, IF stagesAt THEN staged ELSE at) ELSE at
              upTo     == IF ~reads \/ Bug = "MovedStages" THEN MaxTs ELSE ts
          IN  IF IsDone(i, stagesAt) THEN SayDone(i, k) ELSE
              IF ~Admitted(i, k, stagesAt) THEN Refuse(i, k) ELSE
              /\ \A v \in version[k] : v.ts < at
              /\ IF copy THEN UNCHANGED intent ELSE intent' = [intent EXCEPT ![k] = [id |-> i, ts |-> at]]
              /\ record' = IF stagesAt /\ Restages(i, staged)
                           THEN [record EXCEPT ![i] = [status |-> "staging", ts |-> staged]] ELSE record
              /\ Hear(i, k, "done", done, IF stagesAt /\ done <= upTo THEN done ELSE 0)
    /\ UNCHANGED <<version, prevented, horizon, cleared, sent, again, resolvable, resolved, asker, ghost, fate, answer>>

ApplyWrite(i, k) == \* the first transmission, or any later copy of it
    /\ sent[i] # 0
    /\ ApplyWriteAt(i, k, sent[i], k = Anchor, TRUE)

ApplyStageAgain(i) ==
    \E m \in again[i] : ApplyWriteAt(i, Anchor, m.ts, TRUE, m.writes)

NeedsTimestamp(i) == \* a write that stages, has reads and met a newer version: nothing was done with this transmission
    /\ reads
    /\ c.phase = "writing" /\ c.id = i /\ c.got[Anchor] = "none"
    /\ \E at \in (sent[i] + 1)..MaxTs :
          c' = [c EXCEPT !.got[Anchor] = "needs", !.ts = Max(@, at), !.mayBeStaged = FALSE]
    /\ UNCHANGED <<range, sent, again, resolvable, resolved, asker, ghost, fate, answer>>

-----------------------------------------------------------------------------
(* Recovery *)

MayAsk(r) == asker[r].id = 0

Recover(r, i) == \* by whoever finds the transaction in the way: Replica.Judge
    /\ r \in Recoverers /\ MayAsk(r) /\ record[i].status = "staging"
    /\ asker' = [asker EXCEPT ![r] = [Idle EXCEPT !.id = i, !.ts = record[i].ts]]
    /\ UNCHANGED <<range, sent, again, resolvable, resolved, c, ghost, fate, answer>>

RecoverOwn == \* CommitAttempt.Decide
    /\ c.phase = "deciding" /\ c.mayBeStaged /\ MayAsk(Self)
    /\ asker' = [asker EXCEPT ![Self] = [Idle EXCEPT !.id = c.id, !.ts = IF c.stagedAt # 0 THEN c.stagedAt ELSE c.ts]]
    /\ UNCHANGED <<range, sent, again, resolvable, resolved, c, ghost, fate, answer>>

Prevent(r, k) == \* RangeState.ApplyPrevent
    /\ asker[r].id # 0 /\ asker[r].found[k] = "unasked"
    /\ LET i == asker[r].id
           stands == Standing(i, k, asker[r].ts)
       IN  /\ asker' = [asker EXCEPT ![r].found[k] = IF stands THEN "yes" ELSE "no"]
           /\ IF stands \/ Bug = "NoPrevention" THEN UNCHANGED prevented
              ELSE prevented' = [prevented EXCEPT ![k] = @ \cup {i}]
    /\ UNCHANGED <<intent, version, horizon, record, cleared, sent, again, resolvable, resolved, c, ghost, fate, answer>>

Missing(r) == \E k \in Keys : asker[r].found[k] = "no"
AllFound(r) == \A k \in Keys : asker[r].found[k] = "yes"

EndRecovery(r) == \* RangeState.ApplyEnd with ExpectStaging, then Recovery.OnDecided
    /\ asker[r].id # 0 /\ (Missing(r) \/ AllFound(r))
    /\ LET i == asker[r].id
           status == IF Missing(r) THEN "aborted" ELSE "committed"
           expected == \/ record[i] = [status |-> "staging", ts |-> asker[r].ts]
                       \/ Bug = "AnyAttempt" /\ record[i].status = "staging"
           ts == IF Missing(r) THEN 0 ELSE asker[r].ts
           after == IF expected THEN [status |-> status, ts |-> ts] ELSE record[i]
       IN  /\ IF expected THEN Finish(i, status, ts) ELSE UNCHANGED <<record, fate>>
           /\ IF Final(after.status) THEN Learn(i, after.status, after.ts) ELSE UNCHANGED resolvable
           /\ \/ r = Self /\ OnRecovered(after, after.status = "none" /\ History # {} /\ Bug # "ForgottenIsAborted")
              \/ UNCHANGED <<c, answer>>
    /\ asker' = [asker EXCEPT ![r] = Idle]
    /\ UNCHANGED <<intent, version, prevented, horizon, cleared, sent, again, resolved, ghost>>

PushAbort(i) == \* RangeState.ApplyPushAbort, by whoever met an intent, perhaps long ago
    /\ sent[i] # 0
    /\ IF record[i].status = "none" /\ TooLate(Anchor, i) THEN
          \* Too old to be staged ever again: whoever asks is told so, but nothing is put on record. It may have been
          \* committed, resolved and forgotten.
          /\ [id |-> i, commit |-> FALSE, ts |-> 0] \notin resolvable
          /\ Learn(i, "aborted", 0)
          /\ record' = IF Bug = "PushRecordsForgotten" THEN [record EXCEPT ![i] = [status |-> "aborted", ts |-> 0]] ELSE record
          /\ fate' = IF fate[i].status = "none" THEN [fate EXCEPT ![i] = [status |-> "aborted", ts |-> 0]] ELSE fate
       ELSE IF record[i].status \in {"none", "pending"} THEN
          /\ Finish(i, "aborted", 0)
          /\ Learn(i, "aborted", 0)
       ELSE
          /\ Final(record[i].status)
          /\ [id |-> i, commit |-> record[i].status = "committed", ts |-> record[i].ts] \notin resolvable
          /\ Learn(i, record[i].status, record[i].ts)
          /\ UNCHANGED <<record, fate>>
    /\ UNCHANGED <<intent, version, prevented, horizon, cleared, sent, again, resolved, c, asker, ghost, answer>>

-----------------------------------------------------------------------------
(* Resolving and forgetting *)

Resolve(k) == \* RangeState.Resolve: only once the outcome is final (trap 11)
    \E o \in resolvable :
       /\ intent[k].id = o.id \/ (o.commit /\ k \notin resolved[o.id])
       /\ IF intent[k].id = o.id /\ (Bug # "SaysResolved" \/ k \in resolved[o.id] \/ ~o.commit) THEN
             /\ intent' = [intent EXCEPT ![k] = None]
             /\ prevented' = [prevented EXCEPT ![k] = @ \cup {o.id}]
             /\ version' = IF o.commit THEN [version EXCEPT ![k] = @ \cup {[id |-> o.id, ts |-> o.ts]}] ELSE version
          ELSE UNCHANGED <<intent, prevented, version>>
       /\ resolved' = IF o.commit THEN [resolved EXCEPT ![o.id] = @ \cup {k}] ELSE resolved
    /\ UNCHANGED <<horizon, record, cleared, sent, again, resolvable, c, asker, ghost, fate, answer>>

Resolved(i) == \* RangeState.ApplyResolved: no intent is left elsewhere; where another ended the record, one may lie beside it
    /\ record[i].status = "committed" /\ Keys \ {Anchor} \subseteq resolved[i] /\ i \notin cleared
    /\ cleared' = cleared \cup {i}
    /\ IF intent[Anchor].id = i /\ Bug # "LeavesItsOwn" THEN
          /\ intent' = [intent EXCEPT ![Anchor] = None]
          /\ prevented' = [prevented EXCEPT ![Anchor] = @ \cup {i}]
          /\ version' = [version EXCEPT ![Anchor] = @ \cup {[id |-> i, ts |-> record[i].ts]}]
       ELSE UNCHANGED <<intent, prevented, version>>
    /\ resolved' = [resolved EXCEPT ![i] = Keys]
    /\ UNCHANGED <<horizon, record, sent, again, resolvable, c, asker, ghost, fate, answer>>

RaiseHorizon(k) == \* RangeState.Forget: preventions that are too old go
    /\ horizon[k] < HorizonMax /\ horizon[k] < c.id
    /\ horizon' = [horizon EXCEPT ![k] = @ + 1]
    /\ prevented' = [prevented EXCEPT ![k] = {i \in @ : i > horizon'[k]}]
    /\ UNCHANGED <<intent, version, record, cleared, sent, again, resolvable, resolved, c, asker, ghost, fate, answer>>

Forget(i) == \* RangeState.MayBeForgotten
    /\ Final(record[i].status) /\ TooLate(Anchor, i)
    /\ record[i].status = "aborted" \/ i \in cleared \/ Bug = "ForgetUnresolved"
    /\ record' = [record EXCEPT ![i] = NoRecord]
    /\ UNCHANGED <<intent, version, prevented, horizon, cleared, sent, again, resolvable, resolved, c, asker, ghost, fate, answer>>

-----------------------------------------------------------------------------
Coordinate == Begin \/ Unheard \/ Acknowledge \/ StageAgain \/ GiveUp \/ AbortUnstaged \/ MakeExplicit \/ RecoverOwn
Recovering == \E r \in Askers : (\E k \in Keys : Prevent(r, k)) \/ EndRecovery(r)

Next ==
    \/ Coordinate \/ Heartbeat \/ Die \/ Recovering
    \/ \E k \in Keys : TimeOut(k) \/ Unreachable(k) \/ Decline(k) \/ Resolve(k) \/ RaiseHorizon(k)
    \/ \E i \in Ids :
          \/ \E k \in Keys : ApplyWrite(i, k)
          \/ ApplyStageAgain(i) \/ NeedsTimestamp(i) \/ PushAbort(i) \/ Resolved(i) \/ Forget(i)
          \/ \E r \in Recoverers : Recover(r, i)

Spec == Init /\ [][Next]_vars

\* Whoever meets an intent pushes; whoever began a recovery ends it; whoever knows an outcome resolves.
Meets(i) == \E k \in Keys : intent[k].id = i
Fair ==
    /\ WF_vars(\E k \in Keys : \E o \in resolvable : intent[k].id = o.id /\ Resolve(k))
    /\ \A r \in Askers : WF_vars((\E k \in Keys : Prevent(r, k)) \/ EndRecovery(r))
    /\ \A i \in Ids : /\ WF_vars(Meets(i) /\ PushAbort(i))
                      /\ SF_vars(Meets(i) /\ \E r \in Recoverers : Recover(r, i))

FairSpec == Spec /\ Fair

-----------------------------------------------------------------------------
Implicit(i) == record[i].status = "staging" /\ \A k \in Keys : Standing(i, k, record[i].ts)

TypeOk ==
    /\ intent \in [Keys -> [id : 0..MaxId, ts : 0..MaxTs]]
    /\ \A k \in Keys : version[k] \subseteq [id : Ids, ts : Ts] /\ prevented[k] \subseteq Ids
    /\ record \in [Ids -> [status : {"none", "pending", "staging", "committed", "aborted"}, ts : 0..MaxTs]]
    /\ c.phase \in {"idle", "writing", "deciding", "answered", "over", "dead"}
    /\ c.ts \in 0..MaxTs /\ c.stagedAt \in 0..MaxTs

\* What the client was told is so, at the timestamp that it was told.
AcknowledgedIsCommitted ==
    answer.kind = "committed" =>
       \/ fate[answer.id] = [status |-> "committed", ts |-> answer.ts]
       \/ fate[answer.id].status = "none" /\ Implicit(answer.id) /\ record[answer.id].ts = answer.ts

\* Whatever the request's attempts are called, it takes effect once.
CommittedOnce == Cardinality({i \in Ids : fate[i].status = "committed" \/ \E k \in Keys : \E v \in version[k] : v.id = i}) <= 1

\* Every write of a committed transaction is there, as an intent or as a version; none of an aborted one is a version.
NoHalfCommit ==
    \A i \in Ids, k \in Keys :
       /\ fate[i].status = "committed" => intent[k].id = i \/ [id |-> i, ts |-> fate[i].ts] \in version[k]
       /\ fate[i].status # "committed" => \A v \in version[k] : v.id # i

\* What a committed transaction has read holds at its timestamp.
ReadsHold == \A i \in Ids : fate[i].status = "committed" => fate[i].ts <= goodUpTo[i]

\* Only what is final is resolved, and as what it is (14). A push that comes after a commit is forgotten is told "aborted":
\* by then there is nothing left to resolve.
ResolvableIsFinal ==
    \A o \in resolvable :
       /\ Final(fate[o.id].status)
       /\ o.commit => fate[o.id].status = "committed"
       /\ ~o.commit /\ fate[o.id].status = "committed" => \A k \in Keys : intent[k].id # o.id

\* A coordinator that takes an attempt for aborted, and so goes on to the next or reports the request as refused, has left
\* nothing that is or may come to be committed.
RefusedLeftNothing ==
    \A i \in Ids : i < c.id \/ (i = c.id /\ c.phase = "idle") => fate[i].status # "committed" /\ ~Implicit(i)

OneTruth == \A i \in Ids : Final(record[i].status) => record[i].status = fate[i].status

\* Legal transitions (13): a final status stays until it is forgotten; nothing goes back from staging to pending.
LegalTransition(i) ==
    /\ Final(record[i].status) => record'[i] = record[i] \/ record'[i].status = "none"
    /\ record[i].status = "staging" => record'[i].status \in {"staging", "committed", "aborted"}
    /\ record[i].status = "staging" /\ record'[i].status \in {"staging", "committed"} => record'[i].ts >= record[i].ts
LegalTransitions == [][\A i \in Ids : LegalTransition(i)]_vars

ImplicitIsNeverAborted == [][\A i \in Ids : Implicit(i) => fate'[i].status # "aborted"]_vars

\* In the end no intent is left.
AllResolved == <>[](\A k \in Keys : intent[k].id = 0)

-----------------------------------------------------------------------------
(* Each of these must be violated: what they deny is reached. *)
NotSecondCommits   == ~(fate[1].status = "aborted" /\ answer.kind = "committed" /\ answer.id = 2)
NotRestagedCommits == ~(answer.kind = "committed" /\ answer.ts > 1 /\ reads)
NotRecovered       == ~(c.phase = "dead" /\ \E i \in Ids : fate[i].status = "committed" /\ \A k \in Keys : intent[k].id = 0)
NotForgotten       == ~(\E i \in Ids : fate[i].status = "committed" /\ record[i].status = "none")
NotDoneBefore      == [][answer.kind = "none" /\ answer'.kind = "committed" => record[c.id].status # "none"]_vars

\* Narrows a search: only the anchor forgets.
AnchorForgets == \A k \in Keys \ {Anchor} : horizon[k] = 0
=============================================================================
