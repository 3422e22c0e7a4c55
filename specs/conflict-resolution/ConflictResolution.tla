------------------------- MODULE ConflictResolution -------------------------
(* Two transactions that read and write two keys, each key on its own range: intents, the timestamp cache, pushes, the    *)
(* refresh of reads when the commit has to move up, and waiting in a circle. How a commit becomes atomic over ranges is   *)
(* the matter of ParallelCommits; here it is one step.                                                                   *)
EXTENDS Integers, Sequences, FiniteSets, TLC

CONSTANTS
    Txns,      \* numbers: the smaller is the older and has priority
    MaxTs,
    MaxTries,  \* attempts of a transaction
    Bug        \* "none", or the mistake of a twin

Keys  == {"a", "b"}
Ts    == 1..MaxTs
First == [by |-> 0, ts |-> 0]
Free  == [by |-> 0, ts |-> 0]
Max(x, y) == IF x > y THEN x ELSE y
Highest(s) == CHOOSE x \in s : \A y \in s : y <= x

\* What a transaction may be: which keys it reads, in which order, and which it writes.
Programs == [reads : {<<"a">>, <<"b">>, <<"a", "b">>}, writes : {{"a"}, {"b"}, {"a", "b"}}]

VARIABLES
    versions, \* key -> committed versions
    intent,   \* key -> whose, and at what timestamp
    served,   \* key -> the timestamps that were read there: a set of [by, ts]
    t,        \* what each transaction does
    history   \* what was committed: [by, ts, seen: key -> by whom what it has read was written]
vars == <<versions, intent, served, t, history>>

\* phase: running, waiting (for .for), committed, given up
New(p, ts, try) == [phase |-> "reading", program |-> p, ts |-> ts, read |-> ts, seen |-> <<>>, for |-> 0, try |-> try]

Init ==
    /\ versions = [k \in Keys |-> {First}]
    /\ intent = [k \in Keys |-> Free]
    /\ served = [k \in Keys |-> {}]
    /\ \E p \in [Txns -> Programs], ts \in [Txns -> 1..Cardinality(Txns)] :
          t = [x \in Txns |-> New(p[x], ts[x], 1)]
    /\ history = {}

NewestAt(k, ts) == CHOOSE v \in versions[k] : v.ts <= ts /\ \A w \in versions[k] : w.ts <= ts => w.ts <= v.ts
Newest(k) == Highest({v.ts : v \in versions[k]})
Served(k, x) == Highest({0} \cup {r.ts : r \in {r \in served[k] : r.by # x}})
Step(x, new) == t' = [t EXCEPT ![x] = new]
\* A new attempt reads later, forgets what it has seen and leaves no intent.
Drop(x) == intent' = [k \in Keys |-> IF intent[k].by = x THEN Free ELSE intent[k]]
Again(x) == IF t[x].try < MaxTries THEN Step(x, New(t[x].program, Max(t[x].ts, t[x].read), t[x].try + 1))
            ELSE Step(x, [t[x] EXCEPT !.phase = "given up", !.for = 0])

-----------------------------------------------------------------------------
Read(x) == \* Replica.HandleRead: waits for an intent at or below its timestamp; leaves its timestamp in the cache
    /\ t[x].phase = "reading" /\ Len(t[x].seen) < Len(t[x].program.reads)
    /\ LET k == t[x].program.reads[Len(t[x].seen) + 1] IN
       IF intent[k].by \notin {0, x} /\ intent[k].ts <= t[x].read THEN
          /\ Step(x, [t[x] EXCEPT !.phase = "read waits", !.for = intent[k].by])
          /\ UNCHANGED served
       ELSE
          /\ Step(x, [t[x] EXCEPT !.seen = Append(@, NewestAt(k, t[x].read).by)])
          /\ served' = IF Bug = "NoCache" THEN served ELSE [served EXCEPT ![k] = @ \cup {[by |-> x, ts |-> t[x].read]}]
    /\ UNCHANGED <<versions, intent, history>>

DoneReading(x) == t[x].phase = "reading" /\ Len(t[x].seen) = Len(t[x].program.reads)

Write(x, k) == \* Replica.HandleWrite: above reads served and versions that are there (11)
    /\ DoneReading(x) /\ k \in t[x].program.writes /\ intent[k].by # x
    /\ IF intent[k].by # 0 THEN
          /\ Step(x, [t[x] EXCEPT !.phase = "write waits", !.for = intent[k].by])
          /\ UNCHANGED intent
       ELSE LET at == Max(t[x].ts, Max(Served(k, x), Newest(k)) + 1) IN
          IF at > MaxTs THEN Step(x, [t[x] EXCEPT !.phase = "given up"]) /\ Drop(x)
          ELSE /\ intent' = [intent EXCEPT ![k] = [by |-> x, ts |-> at]]
               /\ Step(x, [t[x] EXCEPT !.ts = at])
    /\ UNCHANGED <<versions, served, history>>

GoOn(x) == \* who waited starts again from the step that it waited at
    /\ t[x].phase \in {"read waits", "write waits"}
    /\ ~\E k \in Keys : intent[k].by = t[x].for
    /\ Step(x, [t[x] EXCEPT !.phase = "reading", !.for = 0])
    /\ UNCHANGED <<versions, intent, served, history>>

AllWritten(x) == DoneReading(x) /\ \A k \in t[x].program.writes : intent[k].by = x
ReadKeys(x) == {t[x].program.reads[j] : j \in 1..Len(t[x].seen)}

Refresh(x) == \* CommitAttempt.Refresh: are the reads good up to the timestamp of the writes?
    /\ AllWritten(x) /\ t[x].read < t[x].ts
    /\ LET Changed(k) == \/ \E v \in versions[k] : t[x].read < v.ts /\ v.ts <= t[x].ts
                         \/ intent[k].by \notin {0, x} /\ intent[k].ts <= t[x].ts
       IN  IF Bug = "NoRefresh" \/ \A k \in ReadKeys(x) : ~Changed(k) THEN
              /\ Step(x, [t[x] EXCEPT !.read = t[x].ts])
              /\ served' = IF Bug \in {"NoRefresh", "NoCache"} THEN served
                           ELSE [k \in Keys |-> IF k \in ReadKeys(x) THEN served[k] \cup {[by |-> x, ts |-> t[x].ts]} ELSE served[k]]
              /\ UNCHANGED intent
           ELSE Again(x) /\ Drop(x) /\ UNCHANGED served
    /\ UNCHANGED <<versions, history>>

Commit(x) ==
    /\ AllWritten(x) /\ t[x].read = t[x].ts
    /\ versions' = [k \in Keys |-> IF k \in t[x].program.writes THEN versions[k] \cup {[by |-> x, ts |-> t[x].ts]} ELSE versions[k]]
    /\ Drop(x)
    /\ Step(x, [t[x] EXCEPT !.phase = "committed"])
    /\ history' = history \cup {[by |-> x, ts |-> t[x].ts, reads |-> t[x].program.reads, seen |-> t[x].seen, writes |-> t[x].program.writes]}
    /\ UNCHANGED served

\* Replica.AskForDependents: x waits for y, and y, over any number of others, for x.
RECURSIVE WaitsFor(_, _, _)
WaitsFor(x, y, n) == n > 0 /\ t[x].for # 0 /\ (t[x].for = y \/ WaitsFor(t[x].for, y, n - 1))
InCircle(x) == WaitsFor(x, x, Cardinality(Txns))

BreakCircle(x) == \* the youngest of the circle gives way: TransactionMeta.GivesWayTo
    /\ Bug # "NoDeadlockCheck"
    /\ InCircle(x) /\ \A y \in Txns : WaitsFor(x, y, Cardinality(Txns)) /\ InCircle(y) => y <= x
    /\ Again(x) /\ Drop(x)
    /\ UNCHANGED <<versions, served, history>>

Next == \E x \in Txns : Read(x) \/ (\E k \in Keys : Write(x, k)) \/ GoOn(x) \/ Refresh(x) \/ Commit(x) \/ BreakCircle(x)
Spec == Init /\ [][Next]_vars /\ WF_vars(Next)

-----------------------------------------------------------------------------
TypeOk ==
    /\ \A k \in Keys : intent[k] \in [by : {0} \cup Txns, ts : 0..MaxTs] /\ \A v \in versions[k] : v.ts \in 0..MaxTs
    /\ \A x \in Txns : t[x].phase \in {"reading", "read waits", "write waits", "committed", "given up"} /\ t[x].ts \in Ts

\* The committed history is what comes out when its transactions run one after the other in the order of their timestamps.
\* Of two with one timestamp, the one that sees what the other wrote comes second; they cannot both, nor write the same.
Sees(h, g) == g # h /\ \E j \in DOMAIN h.reads : h.reads[j] \in g.writes
LastBefore(k, h) ==
    LET before == {g \in history \ {h} : k \in g.writes /\ g.ts <= h.ts}
    IN  IF before = {} THEN 0 ELSE (CHOOSE g \in before : \A f \in before : f.ts <= g.ts).by
Serializable ==
    /\ \A h \in history : \A j \in DOMAIN h.reads : h.seen[j] = LastBefore(h.reads[j], h)
    /\ \A g, h \in history : g # h /\ g.ts = h.ts => g.writes \cap h.writes = {} /\ ~(Sees(g, h) /\ Sees(h, g))

\* Of two that have both read and written a key, one has seen the other's value, or what came after it.
NoLostUpdate ==
    \A g, h \in history : \A i \in DOMAIN g.reads, j \in DOMAIN h.reads :
       g # h /\ g.reads[i] = h.reads[j] /\ g.reads[i] \in g.writes \cap h.writes => g.seen[i] # h.seen[j]

OneVersionATimestamp == \A k \in Keys : \A v, w \in versions[k] : v.ts = w.ts => v = w

Done == <>(\A x \in Txns : t[x].phase \in {"committed", "given up"})

NotBothCommit == ~(\A x \in Txns : t[x].phase = "committed" /\ t[x].program.writes = Keys /\ Len(t[x].program.reads) = 2)
NotCircle == ~(\E x \in Txns : InCircle(x))
NotMoved == ~(\E h \in history : \E x \in Txns : h.by = x /\ h.ts > 1 /\ t[x].try = 1)
=============================================================================
