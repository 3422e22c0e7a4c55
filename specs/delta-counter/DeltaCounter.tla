---------------------------- MODULE DeltaCounter ----------------------------
(* A counter of many hands, the world boss: players hit it on any server; each server collects the hits and sends one     *)
(* delta a tick, as a transaction under (server, sequence). Servers and the network fail; the counter's range does not.   *)
EXTENDS Integers, FiniteSets

CONSTANTS
    Servers,
    MaxHits,    \* hits of players, all servers together; each is worth 1
    MaxCrashes,
    Bug         \* "none", or the mistake of a twin

VARIABLES
    buffer,    \* server -> hits collected since the last flush, in memory
    logged,    \* server -> hits that its log holds: those that no acknowledged flush covers
    flight,    \* server -> the flush under way: its sequence and delta; sequence 0 if none
    flushed,   \* server -> the flush that its log says is under way
    sequence,  \* server -> the last sequence used, durable with the log
    up,        \* server -> whether it runs
    net,       \* requests ever sent, each may arrive any number of times: [server, sequence, delta]
    acks,      \* acknowledgements ever sent
    count,     \* the counter's value
    done,      \* what the range remembers: [server, sequence] with the delta that was applied
    hits,      \* hits that players were told of
    crashes
vars == <<buffer, logged, flight, flushed, sequence, up, net, acks, count, done, hits, crashes>>

NoFlush == [sequence |-> 0, delta |-> 0]

Init ==
    /\ buffer = [s \in Servers |-> 0] /\ logged = [s \in Servers |-> 0]
    /\ flight = [s \in Servers |-> NoFlush] /\ flushed = [s \in Servers |-> NoFlush]
    /\ sequence = [s \in Servers |-> 0]
    /\ up = [s \in Servers |-> TRUE]
    /\ net = {} /\ acks = {} /\ count = 0 /\ done = {} /\ hits = 0 /\ crashes = 0

Hit(s) == \* the player is told once the log has it
    /\ up[s] /\ hits < MaxHits
    /\ buffer' = [buffer EXCEPT ![s] = @ + 1]
    /\ logged' = IF Bug = "OnlyInMemory" THEN logged ELSE [logged EXCEPT ![s] = @ + 1]
    /\ hits' = hits + 1
    /\ UNCHANGED <<flight, flushed, sequence, up, net, acks, count, done, crashes>>

Flush(s) == \* the tick: one delta for all that was collected; its sequence is in the log before it leaves
    /\ up[s] /\ flight[s].sequence = 0 /\ buffer[s] > 0
    /\ LET f == [sequence |-> sequence[s] + 1, delta |-> buffer[s]] IN
       /\ sequence' = [sequence EXCEPT ![s] = @ + 1]
       /\ flight' = [flight EXCEPT ![s] = f]
       /\ flushed' = [flushed EXCEPT ![s] = f]
       /\ net' = net \cup {[server |-> s, sequence |-> f.sequence, delta |-> f.delta]}
    /\ buffer' = [buffer EXCEPT ![s] = 0]
    /\ logged' = IF Bug = "DroppedEarly" THEN [logged EXCEPT ![s] = 0] ELSE logged
    /\ UNCHANGED <<up, acks, count, done, hits, crashes>>

Again(s) == \* no answer: the same delta under the same sequence. The mistakes: a new sequence; or a grown delta
    /\ up[s] /\ flight[s].sequence # 0
    /\ IF Bug = "NewSequence" /\ sequence[s] < MaxHits + 1 THEN
          /\ sequence' = [sequence EXCEPT ![s] = @ + 1]
          /\ flight' = [flight EXCEPT ![s].sequence = sequence[s] + 1]
          /\ flushed' = [flushed EXCEPT ![s].sequence = sequence[s] + 1]
          /\ net' = net \cup {[server |-> s, sequence |-> sequence[s] + 1, delta |-> flight[s].delta]}
          /\ UNCHANGED buffer
       ELSE IF Bug = "GrownDelta" THEN
          /\ flight' = [flight EXCEPT ![s].delta = @ + buffer[s]]
          /\ flushed' = [flushed EXCEPT ![s].delta = @ + buffer[s]]
          /\ net' = net \cup {[server |-> s, sequence |-> flight[s].sequence, delta |-> flight[s].delta + buffer[s]]}
          /\ buffer' = [buffer EXCEPT ![s] = 0]
          /\ UNCHANGED sequence
       ELSE
          /\ net' = net \cup {[server |-> s, sequence |-> flight[s].sequence, delta |-> flight[s].delta]}
          /\ UNCHANGED <<flight, flushed, sequence, buffer>>
    /\ UNCHANGED <<logged, up, acks, count, done, hits, crashes>>

Apply(m) == \* the counter's range: RangeState.Admit with the client's history
    /\ m \in net
    /\ IF Bug # "Forgetful" /\ \E d \in done : d.server = m.server /\ d.sequence = m.sequence
       THEN UNCHANGED <<count, done>>
       ELSE /\ Bug = "Forgetful" => count <= MaxHits
            /\ count' = count + m.delta
            /\ done' = done \cup {m}
    /\ acks' = acks \cup {[server |-> m.server, sequence |-> m.sequence]}
    /\ UNCHANGED <<buffer, logged, flight, flushed, sequence, up, net, hits, crashes>>

Acknowledged(s) == \* only now may the log forget what the flush covered
    /\ up[s] /\ flight[s].sequence # 0
    /\ [server |-> s, sequence |-> flight[s].sequence] \in acks
    /\ logged' = [logged EXCEPT ![s] = IF Bug \in {"DroppedEarly", "OnlyInMemory"} THEN @ ELSE @ - flight[s].delta]
    /\ flight' = [flight EXCEPT ![s] = NoFlush]
    /\ flushed' = [flushed EXCEPT ![s] = NoFlush]
    /\ UNCHANGED <<buffer, sequence, up, net, acks, count, done, hits, crashes>>

Crash(s) == \* memory is gone, the log is not
    /\ up[s] /\ crashes < MaxCrashes
    /\ up' = [up EXCEPT ![s] = FALSE]
    /\ buffer' = [buffer EXCEPT ![s] = 0]
    /\ flight' = [flight EXCEPT ![s] = NoFlush]
    /\ crashes' = crashes + 1
    /\ UNCHANGED <<logged, flushed, sequence, net, acks, count, done, hits>>

Restart(s) == \* the flush that was under way goes on as it was; what else the log holds is collected anew
    /\ ~up[s]
    /\ up' = [up EXCEPT ![s] = TRUE]
    /\ IF Bug \in {"DroppedEarly", "RestartCollectsAll"} THEN
          /\ buffer' = [buffer EXCEPT ![s] = logged[s]]
          /\ flushed' = [flushed EXCEPT ![s] = NoFlush]
          /\ UNCHANGED flight
       ELSE
          /\ flight' = [flight EXCEPT ![s] = flushed[s]]
          /\ buffer' = [buffer EXCEPT ![s] = IF logged[s] < flushed[s].delta THEN 0 ELSE logged[s] - flushed[s].delta]
          /\ UNCHANGED flushed
    /\ UNCHANGED <<logged, sequence, net, acks, count, done, hits, crashes>>

Next ==
    \/ \E s \in Servers : Hit(s) \/ Flush(s) \/ Again(s) \/ Acknowledged(s) \/ Crash(s) \/ Restart(s)
    \/ \E m \in net : Apply(m)

Fair ==
    /\ \A s \in Servers : WF_vars(Flush(s)) /\ WF_vars(Acknowledged(s)) /\ WF_vars(Restart(s)) /\ WF_vars(Again(s))
    /\ WF_vars(\E m \in net : [server |-> m.server, sequence |-> m.sequence] \notin acks /\ Apply(m))
Spec == Init /\ [][Next]_vars /\ Fair

-----------------------------------------------------------------------------
RECURSIVE Sum(_, _)
Sum(f, S) == IF S = {} THEN 0 ELSE LET s == CHOOSE s \in S : TRUE IN f[s] + Sum(f, S \ {s})

TypeOk ==
    /\ \A s \in Servers : buffer[s] \in 0..MaxHits /\ logged[s] \in 0..MaxHits /\ sequence[s] \in 0..(MaxHits + 1)
    /\ count \in Int /\ hits \in 0..MaxHits

\* Never more than was dealt.
NothingTwice == count <= hits

\* What the counter does not have yet is still in a server's hands: in memory while it runs, in its log while it does not.
Missing(s) ==
    LET f    == IF up[s] THEN flight[s] ELSE flushed[s]
        held == IF up[s] THEN buffer[s] + f.delta ELSE logged[s]
    IN  IF \E d \in done : d.server = s /\ d.sequence = f.sequence THEN held - f.delta ELSE held
NothingLost == count + Sum([s \in Servers |-> Missing(s)], Servers) >= hits

\* One sequence, one delta.
OneDelta == \A m, n \in net : m.server = n.server /\ m.sequence = n.sequence => m.delta = n.delta

AllCounted == <>[](count = hits /\ \A s \in Servers : buffer[s] = 0 /\ flight[s].sequence = 0)

NotCounted == ~(count = MaxHits /\ crashes = MaxCrashes)
NotBatched == ~(\E d \in done : d.delta > 1)
NotAckedAfterCrash == ~(\E s \in Servers : ~up[s] /\ \E a \in acks : a.server = s /\ a.sequence = flushed[s].sequence)
=============================================================================
