------------------------ MODULE ParallelCommitsTrace ------------------------
(* Replays traces of real commits, one transaction each: every line must be a step of ParallelCommits with the line's     *)
(* parameters. specs/check-trace writes the module TraceData, in which Traces is a sequence of traces, all over as many   *)
(* ranges, and says which of them came to their end.                                                                      *)
(*                                                                                                                        *)
(* A range's step is replayed when the first replica applies it, and whether the coordinator hears of it is left open     *)
(* until a later line says what it has heard. Horizons and forgetting leave no lines: they are steps in between.          *)
EXTENDS ParallelCommits, Sequences, TraceData

VARIABLES
    which,  \* the trace
    at,     \* its next line
    stages, \* timestamps at which the record has been staging: who recovers may have looked at an older state
    asked   \* timestamps of all recoveries so far, in order; the n-th of others is "r" and n

traceVars == <<vars, which, at, stages, asked>>

TraceInit ==
    /\ which \in DOMAIN Traces
    /\ at = 1 /\ stages = {} /\ asked = <<>>
    /\ TLCSet(which, 1)
    /\ Init

Same == UNCHANGED vars
Line == Traces[which][at]
IsSet(ts) == ts # 0

\* The record as the line says it; the timestamp of a pending or aborted one means nothing.
Says(e, rec) == rec.status = e.status /\ (IsSet(e.record) => rec.ts = e.record)

OnWrite(e) ==
    \/ /\ e.outcome = "done"
       /\ ApplyWrite(1, e.range) \/ (e.range = Anchor /\ ApplyStageAgain(1))
       /\ 1 \notin prevented[e.range] /\ Admitted(1, e.range, e.staged)
       /\ e.writes => intent'[e.range] = [id |-> 1, ts |-> e.intent]
       /\ e.range = Anchor => Says(e, record'[1])
    \/ /\ e.outcome = "refused"
       /\ 1 \in prevented[e.range] \/ ~Admitted(1, e.range, e.staged)
       /\ ApplyWrite(1, e.range) \/ (e.range = Anchor /\ ApplyStageAgain(1))

OnReply(e) ==
    CASE e.outcome = "done" -> c.got[e.range] = "done" /\ c.ts >= e.ts /\ Same
      [] e.outcome = "refused" -> (c.got[e.range] = "refused" /\ Same) \/ Unreachable(e.range)
      [] e.outcome = "declined" -> Decline(e.range)
      [] e.outcome = "unknown" -> TimeOut(e.range)
      [] e.outcome = "needs" -> e.range = Anchor /\ NeedsTimestamp(1) /\ c'.ts = Max(c.ts, e.ts)

OnRecover(e) ==
    /\ e.ts \in stages
    /\ asker' = [asker EXCEPT !["r" \o ToString(Len(asked) + 1)] = [Idle EXCEPT !.id = 1, !.ts = e.ts]]
    /\ UNCHANGED <<range, sent, again, resolvable, resolved, c, ghost, fate, answer>>

\* Of a recovery that waits for it, or a copy.
OnPrevent(e) ==
    \/ \E r \in Askers : asker[r].ts = e.ts /\ Prevent(r, e.range) /\ asker'[r].found[e.range] = IF e.found THEN "yes" ELSE "no"
    \/ /\ \E n \in DOMAIN asked : asked[n] = e.ts
       /\ e.found = Standing(1, e.range, e.ts)
       /\ prevented' = IF e.found THEN prevented ELSE [prevented EXCEPT ![e.range] = @ \cup {1}]
       /\ UNCHANGED <<intent, version, horizon, record, cleared, sent, again, resolvable, resolved, c, asker, ghost, fate, answer>>

OnEnd(e) ==
    /\ \/ e.commit /\ IsSet(e.expect) /\ c.stagedAt = e.expect /\ MakeExplicit
       \/ /\ IsSet(e.expect)
          /\ \E r \in Askers : asker[r].ts = e.expect /\ (IF e.commit THEN AllFound(r) ELSE Missing(r)) /\ EndRecovery(r)
       \/ ~e.commit /\ ~IsSet(e.expect) /\ (AbortUnstaged \/ PushAbort(1)) \* unheard: as another's push
       \/ Same
    /\ Says(e, record'[1])

OnLearned(e) ==
    CASE e.status = "committed" -> answer = [kind |-> "committed", id |-> 1, ts |-> e.record] /\ Same
      [] e.status = "aborted" -> c.phase = "idle" /\ Same
      [] OTHER -> Unheard \/ Same

OnAnswer(e) ==
    IF e.status = "committed"
    THEN (c.stagedAt = e.record /\ Acknowledge) \/ (answer = [kind |-> "committed", id |-> 1, ts |-> e.record] /\ Same)
    ELSE answer.kind = "ambiguous" /\ Same

\* Only what is final, and as what it is; a second time it changes nothing.
OnResolve(e) ==
    /\ [id |-> 1, commit |-> e.commit, ts |-> e.ts] \in resolvable
    /\ Resolve(e.range) \/ (intent[e.range].id = 0 /\ (e.commit => e.range \in resolved[1]) /\ Same)

Visible(e) ==
    CASE e.event = "Begin" -> Begin /\ reads = e.reads /\ e.ts = 1
      [] e.event = "Write" -> OnWrite(e)
      [] e.event = "Reply" -> OnReply(e)
      [] e.event = "StageAgain" -> c.ts = e.ts /\ c.landed = ~e.writes /\ StageAgain
      [] e.event = "GiveUp" -> GiveUp
      [] e.event = "RecoverOwn" -> RecoverOwn /\ asker'[Self].ts = e.ts
      [] e.event = "Recover" -> OnRecover(e)
      [] e.event = "Recovered" -> OnLearned(e)
      [] e.event = "Answer" -> OnAnswer(e)
      [] e.event = "Prevent" -> OnPrevent(e)
      [] e.event = "End" -> OnEnd(e)
      [] e.event = "Push" -> (PushAbort(1) \/ Same) /\ Says(e, record'[1])
      [] e.event = "Heartbeat" -> (Heartbeat \/ Same) /\ Says(e, record'[1])
      [] e.event = "Resolve" -> OnResolve(e)
      [] e.event = "Resolved" -> Resolved(1) \/ (1 \in cleared /\ Same)

\* What must have happened before a line, and has no line of its own.
IsApplied(e) == e.event \in {"Write", "Prevent", "End", "Push", "Heartbeat", "Resolved"}
IsLate(e) == IsApplied(e) /\ e.late /\ ~TooLate(e.range, 1)
IsForgotten(e) ==
    /\ e.event \in {"Write", "End", "Push", "Heartbeat"} /\ e.range = Anchor
    /\ e.late /\ e.status = "none" /\ record[1].status # "none"
Hidden(e) == IF IsLate(e) THEN RaiseHorizon(e.range) ELSE Forget(1)
NeedsHidden(e) == IsLate(e) \/ IsForgotten(e)

TraceNext ==
    /\ at <= Len(Traces[which])
    /\ IF NeedsHidden(Line) THEN Hidden(Line) /\ UNCHANGED <<at, asked>>
       ELSE /\ IsApplied(Line) => (Line.late <=> TooLate(Line.range, 1))
            /\ Visible(Line)
            /\ at' = at + 1
            /\ asked' = IF Line.event \in {"Recover", "RecoverOwn"} THEN Append(asked, Line.ts) ELSE asked
    /\ UNCHANGED which
    /\ stages' = IF record'[1].status = "staging" THEN stages \cup {record'[1].ts} ELSE stages
    /\ IF at' > TLCGet(which) THEN TLCSet(which, at') /\ PrintT(<<"line", which, at'>>) ELSE TRUE

TraceSpec == TraceInit /\ [][TraceNext]_traceVars
=============================================================================
