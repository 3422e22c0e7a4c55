------------------------ MODULE LogReplicationTrace -------------------------
(***************************************************************************)
(* Replays traces of real runs: each line must be a step of                *)
(* LogReplicationRounds with the line's parameters. specs/check-trace      *)
(* writes the module TraceData, in which Traces is a sequence of traces,   *)
(* and says which of them came to their end.                               *)
(***************************************************************************)
EXTENDS LogReplicationRounds, TraceData

VARIABLES
    which, \* the trace
    at     \* its next line

TraceVars == <<fineVars, which, at>>

TraceInit ==
    /\ which \in DOMAIN Traces
    /\ at = 1
    /\ TLCSet(which, 1)
    /\ InitRounds

\* What is durable, as the line says it.
Has(image, e) ==
    /\ image.term = e.term /\ image.vote = e.vote /\ image.commit = e.commit
    /\ Len(image.log) = e.last /\ LastTerm(image.log) = e.lastTerm

InMemory(e) == term[e.server] = e.term /\ Len(log[e.server]) = e.last /\ LastTerm(log[e.server]) = e.lastTerm

Step(e) ==
    CASE e.event = "Restart" -> \E image \in Left(e.server) : Has(image, e) /\ RestartStep(e.server, image)
      [] e.event = "LearnTerm" -> LearnTermStep(e.server, e.term)
      [] e.event = "StepDown" -> term[e.server] = e.term /\ StepDownStep(e.server)
      [] e.event = "Campaign" -> CampaignStep(e.server, e.term)
      [] e.event = "Vote" -> VoteStep(e.server, e.candidate, e.term)
      [] e.event = "BecomeLeader" -> BecomeLeaderStep(e.server, e.term)
      [] e.event = "Propose" -> ProposeStep(e.server, e.term, e.index)
      [] e.event = "Accept" -> AcceptStep(e.server, e.term, e.prev, e.last, e.commit)
      [] e.event = "Install" -> agreed[e.last].entry = e.lastTerm /\ InstallStep(e.server, e.last)
      [] e.event = "Commit" -> CommitStep(e.server, e.term, e.index)
      [] e.event = "Write" -> InMemory(e) /\ vote[e.server] = e.vote /\ WriteStep(e.server, e.write, e.commit)
      [] e.event = "Flush" -> FlushStep(e.server, e.write)
      [] e.event = "Checkpoint" -> InMemory(e) /\ commit[e.server] = e.commit /\ CheckpointStep(e.server)

TraceNext ==
    /\ at <= Len(Traces[which])
    /\ Step(Traces[which][at])
    /\ at' = at + 1
    /\ UNCHANGED which
    /\ IF at' > TLCGet(which) THEN TLCSet(which, at') /\ PrintT(<<"line", which, at'>>) ELSE TRUE

TraceSpec == TraceInit /\ [][TraceNext]_TraceVars
=============================================================================
