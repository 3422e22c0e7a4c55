-------------------------- MODULE ShardManagement --------------------------
(* Who may serve a key, and who may write a node, while ranges are cut and handed over between servers. The majority of   *)
(* a range's members is one thing here, which votes and promises: that elections make it so is another model's matter.   *)
EXTENDS Integers, Sequences, FiniteSets, TLC

CONSTANTS
    Servers,
    LeftTerms, RightTerms,  \* of each range
    MaxTime,
    Support,   \* for how long a promise is made
    MaySplit,  \* whether the range is cut
    MaxLog,    \* entries of a range
    Bug        \* "none", or the mistake of a twin

Keys   == {1, 2}             \* a node with an authority lies at key 2
Groups == {"left", "right"}  \* the right one comes into being when the left one is cut at key 2

VARIABLES
    now,
    log,      \* group -> entries that a majority has
    known,    \* group -> how far followers may know it to be committed
    voters,   \* group -> the majority's term
    promise,  \* group -> to whom the majority has promised not to elect another, and until when
    server,   \* server -> group -> its term, role, how far its lease reaches, what it has applied
    msgs,     \* all that was ever sent; each may arrive at any time, or never
    told,     \* the epoch of the last authority that was acknowledged
    stale     \* whether a write of a former authority was accepted after that
vars == <<now, log, known, voters, promise, server, msgs, told, stale>>

Terms(g) == IF g = "left" THEN LeftTerms ELSE RightTerms
Symmetry == Permutations(Servers)
Nobody == "nobody"
Max(x, y) == IF x > y THEN x ELSE y

Init ==
    /\ now = 0
    /\ log = [g \in Groups |-> <<>>]
    /\ known = [g \in Groups |-> 0]
    /\ voters = [g \in Groups |-> 0]
    /\ promise = [g \in Groups |-> [to |-> Nobody, until |-> 0]]
    /\ server = [s \in Servers |-> [g \in Groups |-> [term |-> 0, role |-> "follower", until |-> 0, applied |-> 0]]]
    /\ msgs = {}
    /\ told = 1
    /\ stale = FALSE

Applied(s, g) == SubSeq(log[g], 1, server[s][g].applied)
IsCut(entries) == \E j \in DOMAIN entries : entries[j].kind = "split"
Exists(s, g) == g = "left" \/ IsCut(Applied(s, "left"))
Span(s, g) == IF g = "right" THEN {2} ELSE IF IsCut(Applied(s, "left")) THEN {1} ELSE Keys

\* The authority's epoch after some entries: a split carries over what it was.
Epoch(entries) ==
    IF \E j \in DOMAIN entries : entries[j].epoch > 0
    THEN entries[CHOOSE j \in DOMAIN entries : entries[j].epoch > 0 /\ \A i \in DOMAIN entries : entries[i].epoch > 0 => i <= j].epoch
    ELSE 1
View(s, g) == IF g = "left" THEN Epoch(Applied(s, g))
              ELSE Max(Epoch(Applied(s, g)), Epoch(Applied(s, "left")))

\* Replica.HoldsLeaseAt: leader, a lease of this term is applied, and time is left.
HasLease(s, g) ==
    /\ server[s][g].role = "leader"
    /\ now < server[s][g].until
    /\ \E j \in 1..server[s][g].applied : log[g][j].kind = "lease" /\ log[g][j].term = server[s][g].term
Serves(s, g, k) == Exists(s, g) /\ k \in Span(s, g) /\ HasLease(s, g)

Set(s, g, st) == server' = [server EXCEPT ![s][g] = st]

-----------------------------------------------------------------------------
Tick == now < MaxTime /\ now' = now + 1 /\ UNCHANGED <<log, known, voters, promise, server, msgs, told, stale>>

\* An election without leave of the one before waits until the promise to it has run out.
Vote(s, g, term, waived) ==
    /\ term > voters[g]
    /\ waived \/ promise[g].to \in {s, Nobody} \/ now >= promise[g].until
    /\ voters' = [voters EXCEPT ![g] = term]
    \* The promise to another is over; one to the candidate itself stands.
    /\ promise' = IF promise[g].to = s THEN promise ELSE [promise EXCEPT ![g] = [to |-> Nobody, until |-> 0]]
    /\ msgs' = msgs \cup {[type |-> "granted", group |-> g, term |-> term, to |-> s]}

Campaign(s, g) == \* nobody leads, as far as it knows
    /\ Exists(s, g) /\ server[s][g].role # "leader"
    /\ LET term == Max(server[s][g].term, voters[g]) + 1 IN
       /\ term <= Terms(g)
       /\ Vote(s, g, term, FALSE)
       /\ Set(s, g, [server[s][g] EXCEPT !.role = "candidate", !.term = term, !.until = 0])
    /\ UNCHANGED <<now, log, known, told, stale>>

StepDown(s, g, to) == \* RaftGroup.TransferLeadership: first it serves nothing any more, then it tells the other
    /\ server[s][g].role = "leader" /\ to # s
    /\ Set(s, g, [server[s][g] EXCEPT !.role = IF Bug = "OldGoesOn" THEN "waiting" ELSE "follower",
                                      !.until = IF Bug = "OldGoesOn" THEN @ ELSE 0])
    /\ msgs' = msgs \cup {[type |-> "transfer", group |-> g, term |-> server[s][g].term, to |-> to]}
    /\ UNCHANGED <<now, log, known, voters, promise, told, stale>>

GoOn(s, g) == \* the mistake: no acknowledgement came, so it believes that it still owns the range
    /\ Bug = "OldGoesOn" /\ server[s][g].role = "waiting"
    /\ Set(s, g, [server[s][g] EXCEPT !.role = "leader"])
    /\ UNCHANGED <<now, log, known, voters, promise, msgs, told, stale>>

TakeOver(s, g) == \* RaftGroup.OnTimeoutNow: of this term only
    \E m \in msgs :
       /\ m.type = "transfer" /\ m.to = s /\ m.group = g /\ Exists(s, g)
       /\ server[s][g].role = "follower"
       /\ m.term = server[s][g].term \/ (m.term > server[s][g].term) \/ (Bug = "OldHandOver" /\ m.term <= server[s][g].term)
       /\ LET term == Max(m.term, server[s][g].term) + 1 IN
          /\ term <= Terms(g)
          /\ Vote(s, g, term, TRUE)
          /\ Set(s, g, [server[s][g] EXCEPT !.role = "candidate", !.term = term, !.until = 0])
       /\ UNCHANGED <<now, log, known, told, stale>>

Win(s, g) == \* the vote's acknowledgement, early or late
    \E m \in msgs :
       /\ m.type = "granted" /\ m.to = s /\ m.group = g
       /\ IF Bug = "LateVote" THEN server[s][g].role = "follower" \/ server[s][g].role = "candidate"
          ELSE server[s][g].role = "candidate" /\ server[s][g].term = m.term
       /\ Set(s, g, [server[s][g] EXCEPT !.role = "leader", !.until = 0, !.term = Max(@, m.term)])
       /\ UNCHANGED <<now, log, known, voters, promise, msgs, told, stale>>

Hear(s, g) == \* it learns of a later term, or its candidacy has come to nothing
    /\ \/ server[s][g].term < voters[g] /\ Set(s, g, [server[s][g] EXCEPT !.term = voters[g], !.role = "follower", !.until = 0])
       \/ server[s][g].role = "candidate" /\ Set(s, g, [server[s][g] EXCEPT !.role = "follower"])
    /\ UNCHANGED <<now, log, known, voters, promise, msgs, told, stale>>

Promise(s, g) == \* the majority supports the leader of its term for a while; an answer that comes late only shortens the lease
    /\ server[s][g].role = "leader" /\ server[s][g].term = voters[g]
    /\ promise[g].to \in {s, Nobody}
    /\ now + Support > server[s][g].until
    /\ promise' = [promise EXCEPT ![g] = [to |-> s, until |-> now + Support]]
    /\ Set(s, g, [server[s][g] EXCEPT !.until = now + Support])
    /\ UNCHANGED <<now, log, known, voters, msgs, told, stale>>

\* A majority takes an entry only from the leader of its term.
AppendEntry(s, g, entry) ==
    /\ server[s][g].role = "leader" /\ server[s][g].term = voters[g] /\ Len(log[g]) < MaxLog
    /\ log' = [log EXCEPT ![g] = Append(@, entry)]

Entry(s, g, kind, epoch) == [kind |-> kind, term |-> server[s][g].term, epoch |-> epoch]

Propose(s, g) ==
    /\ \/ /\ server[s][g].role = "leader" \* the first entry of a term: then a lease may begin
          /\ ~\E j \in DOMAIN log[g] : log[g][j].term = server[s][g].term
          /\ AppendEntry(s, g, Entry(s, g, "lease", 0))
       \/ MaySplit /\ HasLease(s, g) /\ g = "left" /\ ~IsCut(log[g]) /\ AppendEntry(s, g, Entry(s, g, "split", 0))
       \/ HasLease(s, g) /\ 2 \in Span(s, g) /\ ~(g = "left" /\ IsCut(log[g]))
          /\ View(s, g) < 2 /\ AppendEntry(s, g, Entry(s, g, "authority", View(s, g) + 1))
    /\ UNCHANGED <<now, known, voters, promise, server, msgs, told, stale>>

Commit(s, g) == \* the leader learns that a majority has it, applies it, and only then tells the others
    /\ server[s][g].role = "leader" /\ server[s][g].term = voters[g]
    /\ \E j \in DOMAIN log[g] : log[g][j].term = server[s][g].term
    /\ known[g] < Len(log[g]) \/ server[s][g].applied < Len(log[g])
    /\ known' = [known EXCEPT ![g] = Len(log[g])]
    /\ IF Bug = "TellsFirst" THEN server' = server
       ELSE Set(s, g, [server[s][g] EXCEPT !.applied = Len(log[g])])
    /\ told' = IF \E j \in DOMAIN log[g] : log[g][j].kind = "authority" THEN Max(told, Epoch(log[g])) ELSE told
    /\ UNCHANGED <<now, log, voters, promise, msgs, stale>>

Apply(s, g) ==
    /\ Exists(s, g) /\ server[s][g].applied < known[g]
    /\ Set(s, g, [server[s][g] EXCEPT !.applied = @ + 1])
    /\ UNCHANGED <<now, log, known, voters, promise, msgs, told, stale>>

Accept(s, g) == \* a write by the authority that this server believes in: a late or stale writer is refused by its epoch
    /\ Serves(s, g, 2) /\ View(s, g) < told /\ ~stale
    /\ stale' = TRUE
    /\ UNCHANGED <<now, log, known, voters, promise, server, msgs, told>>

Next ==
    \/ Tick
    \/ \E s \in Servers, g \in Groups :
          \/ Campaign(s, g) \/ GoOn(s, g) \/ TakeOver(s, g) \/ Win(s, g) \/ Hear(s, g) \/ Promise(s, g)
          \/ Propose(s, g) \/ Commit(s, g) \/ Apply(s, g) \/ Accept(s, g)
          \/ \E to \in Servers : StepDown(s, g, to)
Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
TypeOk ==
    /\ now \in 0..MaxTime /\ told \in 1..2 /\ stale \in BOOLEAN
    /\ \A s \in Servers, g \in Groups :
          /\ server[s][g].role \in {"follower", "candidate", "leader", "waiting"}
          /\ server[s][g].term \in 0..Terms(g) /\ server[s][g].applied \in 0..known[g]

\* Leases are disjoint (8): nobody else serves a key that is served.
OneOwner == \A k \in Keys : Cardinality({<<s, g>> \in Servers \X Groups : Serves(s, g, k)}) <= 1
\* A former authority's write is never accepted once the next one was told that it is the authority.
OneAuthority == ~stale
\* No lease reaches beyond the majority's promise.
WithinPromise ==
    \A s \in Servers, g \in Groups : HasLease(s, g) /\ server[s][g].term = voters[g] =>
       promise[g].to = s /\ server[s][g].until <= promise[g].until

NotHandedOver == ~(\E s \in Servers, g \in Groups : HasLease(s, g) /\ server[s][g].term > 1 /\ now < Support)
NotApart == ~(\E s, t \in Servers : s # t /\ Serves(s, "left", 1) /\ Serves(t, "right", 2))
NotAuthorityMoved == ~(told = 2 /\ \E s \in Servers : Serves(s, "right", 2) /\ View(s, "right") = 2)
=============================================================================
