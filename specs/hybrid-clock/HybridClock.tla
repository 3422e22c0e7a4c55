----------------------------- MODULE HybridClock -----------------------------
(***************************************************************************)
(* src/Banyan.Primitives/HybridClock.cs and Timestamp.cs: hybrid logical   *)
(* clocks whose wall clocks are at most Epsilon apart, except for those in *)
(* Faulty, which show whatever they like. A timestamp is one number:       *)
(* microseconds times Base, plus a counter that carries, as in the code.   *)
(***************************************************************************)
EXTENDS Integers, FiniteSets, TLC

CONSTANTS
    Server,
    Faulty,     \* whose wall clocks are wrong
    Epsilon,
    MaxWall,    \* wall clocks show 0..MaxWall
    Base,       \* counter values in one microsecond
    MaxStamps,  \* timestamps that are handed out, in all
    MaxSends,   \* messages
    Bug

VARIABLES
    wall,       \* OnWallClock
    last,       \* Last
    highest,    \* the highest that each wall clock has ever shown
    messages,   \* sent so far, each with its stamp and, as a ghost, the newest timestamp in its causal past
    past,       \* ghost: the newest timestamp handed out in the causal past of what each server does next
    stamps,     \* timestamps handed out so far
    sends

vars == <<wall, last, highest, messages, past, stamps, sends>>

Good == Server \ Faulty
Max(a, b) == IF a > b THEN a ELSE b
Micros(ts) == ts \div Base
FromMicros(w) == w * Base
Top == FromMicros(MaxWall + Epsilon + 2)
Times == 0..Top

TypeOK ==
    /\ wall \in [Server -> 0..MaxWall]
    /\ highest \in [Server -> 0..MaxWall]
    /\ last \in [Server -> Times]
    /\ past \in [Server -> -1..Top]
    /\ messages \subseteq [from : Server, at : Times, past : -1..Top]
    /\ stamps \in 0..MaxStamps
    /\ sends \in 0..MaxSends

Init ==
    /\ wall = [s \in Server |-> 0]
    /\ highest = wall
    /\ last = [s \in Server |-> 0]
    /\ past = [s \in Server |-> -1]
    /\ messages = {}
    /\ stamps = 0
    /\ sends = 0

-----------------------------------------------------------------------------
\* A wall clock shows something else: the next microsecond, or after a correction the one before.
OnWallClock(s, w) ==
    /\ w # wall[s]
    /\ s \in Good => /\ \A other \in Good \ {s} : w - wall[other] <= Epsilon /\ wall[other] - w <= Epsilon
                     /\ w \in {wall[s] - 1, wall[s] + 1}
    /\ wall' = [wall EXCEPT ![s] = w]
    /\ highest' = [highest EXCEPT ![s] = Max(@, w)]
    /\ UNCHANGED <<last, messages, past, stamps, sends>>

\* Now: above all that was handed out or observed.
NowOf(s) ==
    LET w == FromMicros(wall[s]) IN
    IF Bug = "WallOnly" THEN w ELSE IF w > last[s] THEN w ELSE last[s] + 1

Now(s) ==
    /\ stamps < MaxStamps
    /\ stamps' = stamps + 1
    /\ last' = [last EXCEPT ![s] = NowOf(s)]
    /\ past' = [past EXCEPT ![s] = Max(@, NowOf(s))]
    /\ UNCHANGED <<wall, highest, messages, sends>>

\* Every message carries a timestamp of its own.
Send(s) ==
    /\ stamps < MaxStamps /\ sends < MaxSends
    /\ stamps' = stamps + 1
    /\ sends' = sends + 1
    /\ last' = [last EXCEPT ![s] = NowOf(s)]
    /\ past' = [past EXCEPT ![s] = Max(@, NowOf(s))]
    /\ messages' = messages \cup {[from |-> s, at |-> NowOf(s), past |-> Max(past[s], NowOf(s))]}
    /\ UNCHANGED <<wall, highest>>

\* TryObserve: who is too far ahead is not listened to. A message may come late, again, or never.
Observes(s, m) == Micros(m.at) - wall[s] <= Epsilon \/ Bug = "NoRefusal"

Receive(s, m) ==
    /\ m.from # s
    /\ Observes(s, m)
    /\ last' = [last EXCEPT ![s] = IF Bug = "NoMax" THEN m.at ELSE Max(@, m.at)]
    /\ past' = [past EXCEPT ![s] = Max(@, m.past)]
    /\ last' # last \/ past' # past
    /\ UNCHANGED <<wall, highest, messages, stamps, sends>>

Next ==
    \E s \in Server :
        \/ \E w \in 0..MaxWall : OnWallClock(s, w)
        \/ Now(s)
        \/ Send(s)
        \/ \E m \in messages : Receive(s, m)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
\* An effect is stamped after its cause: above every timestamp in its causal past.
Causality == [][\A s \in Server : stamps' > stamps /\ last'[s] # last[s] => last'[s] > past[s]]_vars
StampsMoveTheClock == [][stamps' > stamps => last' # last]_vars

\* Invariant 16: the clock never goes back.
Monotonic == [][\A s \in Server : last'[s] >= last[s]]_vars

\* Bounded drift: no clock is further ahead than Epsilon of what its own wall clock has shown. (Counters that run over
\* within one microsecond would add to this; Base is above MaxStamps, as 4096 is above what a server does in one.)
BoundedDrift == \A s \in Server : Micros(last[s]) <= highest[s] + Epsilon

\* Without faulty clocks: no clock is ahead of the fastest wall clock of the cluster.
AheadOfNobody ==
    Faulty = {} => \A s \in Server : \E other \in Server : Micros(last[s]) <= highest[other]

\* Without faulty clocks that never were set back, nobody is ever refused.
NobodyRefused ==
    Faulty = {} /\ wall = highest => \A m \in messages : \A s \in Server : Micros(m.at) - wall[s] <= Epsilon

-----------------------------------------------------------------------------
\* To be refuted: a message is refused, and a clock stands above its own wall clock's microsecond.
NotReachedRefusal ==
    ~( /\ \E m \in messages, s \in Good : m.from \in Faulty /\ ~Observes(s, m)
       /\ \E s \in Good : Micros(last[s]) > highest[s])

Symmetry == Permutations(Good)
=============================================================================
