---------------------------- MODULE StoreLiveness ----------------------------
(***************************************************************************)
(* Support between servers and the lease that rests on it:                 *)
(* src/Banyan.Kv/Leases/StoreLiveness.cs, HoldsLeaseAt and ProposeLease of *)
(* src/Banyan.Kv/Store/Replica.cs, LeadSupportedUntil of RaftGroup.        *)
(*                                                                         *)
(* One range of three: Old leads and holds the lease, the two Supporters   *)
(* promise it their support, and later one of the three is elected anew.   *)
(* Shown: whatever Old has served lies below the start of the next lease,  *)
(* whoever restarts, and whoever's clock is the faster.                    *)
(*                                                                         *)
(* Time is real: each wall clock is ahead of the slowest by 0..Epsilon.    *)
(***************************************************************************)
EXTENDS Integers, FiniteSets, TLC

CONSTANTS
    Old, Supporters,
    Epsilon,      \* how far apart wall clocks may be
    Support,      \* how far ahead a request reaches
    Ahead,        \* how much further a promise is made durable than was asked
    MaxTime, MaxRequests, MaxRestarts,
    Bug

Server == {Old} \cup Supporters
None == "none"
Later == 100      \* an epoch is Later times the requester's life, plus the withdrawals since

VARIABLES
    real, offset, \* wall clock of s: real + offset[s]
    last,         \* hybrid clock: Last
    for,          \* by supporter: what it has promised Old; Durable is at or above Expiration
    floor,        \* by supporter: the clock reading in its last durable record
    bound,        \* by supporter: the epoch at which its Raft group has promised Old its vote
    life, opens,  \* of Old: which life, and since when it IsOpen
    from,         \* of Old: what it knows of each supporter's promise, and what it asks for
    lsu,          \* LeadSupportedUntil of Old: never goes back within its term
    leads,        \* whether Old still leads its first term
    requests, replies, \* under way
    asked,        \* how many requests there have been
    voted,        \* who has voted in the second term, and is bound to Old no more
    candidate, elected,
    served,       \* ghost: the highest timestamp that Old has served under its first lease
    next,         \* start of the next lease, -1 before it
    restarts

vars == <<real, offset, last, for, floor, bound, life, opens, from, lsu, leads, requests, replies, asked, voted, candidate,
          elected, served, next, restarts>>

Max(a, b) == IF a > b THEN a ELSE b
Wall(s) == real + offset[s]
Reading(s) == Max(last[s], Wall(s))
Fastest == real + Epsilon
Observed(s, at) == [last EXCEPT ![s] = Max(@, at)]

Init ==
    /\ real = 0
    /\ offset \in [Server -> {0, Epsilon}]
    /\ last = [s \in Server |-> 0]
    /\ for = [s \in Supporters |-> [epoch |-> 0, expiration |-> 0, durable |-> 0, stands |-> FALSE]]
    /\ floor = [s \in Supporters |-> 0]
    /\ bound = [s \in Supporters |-> 0]
    /\ life = 1 /\ opens = 0
    /\ from = [s \in Supporters |-> [ask |-> Later, epoch |-> 0, expiration |-> 0, told |-> 0]]
    /\ lsu = 0 /\ leads = TRUE
    /\ requests = {} /\ replies = {} /\ asked = 0
    /\ voted = {} /\ candidate = None /\ elected = None
    /\ served = -1 /\ next = -1
    /\ restarts = 0

-----------------------------------------------------------------------------
Tick ==
    /\ real < MaxTime
    /\ real' = real + 1
    /\ UNCHANGED <<offset, last, for, floor, bound, life, opens, from, lsu, leads, requests, replies, asked, voted, candidate, elected,
                   served, next, restarts>>

\* A new life asks for nothing before its wall clock has passed all that an earlier one may have served: its new epoch
\* ends the old promises at once, and so must carry a timestamp above what rested on them.
Ask(s) ==
    /\ asked < MaxRequests
    /\ asked' = asked + 1
    /\ Wall(Old) >= opens \/ Bug = "AskAtOnce"
    /\ requests' = requests \cup {[to |-> s, epoch |-> from[s].ask, expiration |-> Reading(Old) + Support, at |-> Reading(Old)]}
    /\ UNCHANGED <<real, offset, last, for, floor, bound, life, opens, from, lsu, leads, replies, voted, candidate, elected,
                   served, next, restarts>>

\* OnRequest, with the flush that goes before its answer. The answer may be late or lost; so may the request. (A
\* second copy would change nothing: of promises under one epoch the later counts, and of epochs the higher.)
\* The Raft group of a supporter that has not gone on to another term renews its promise at the same time, as long as
\* Old leads: in its first life.
OnRequest(s, m) ==
    LET now == Max(Reading(s), m.at)
        p == for[s]
        isNew == m.epoch > p.epoch \/ ~p.stands
        takes == m.epoch >= p.epoch /\ m.expiration > now
        expiration == IF m.epoch > p.epoch THEN m.expiration ELSE Max(m.expiration, p.expiration)
        durable == IF Bug = "PromiseNotDurable" THEN p.durable
                   ELSE IF isNew \/ expiration > p.durable THEN expiration + Ahead ELSE p.durable
        q == IF takes THEN [epoch |-> m.epoch, expiration |-> expiration, durable |-> durable, stands |-> TRUE] ELSE p IN
    /\ m.to = s
    /\ requests' = requests \ {m}
    /\ last' = Observed(s, m.at)
    /\ for' = [for EXCEPT ![s] = q]
    /\ floor' = [floor EXCEPT ![s] = IF q.durable # p.durable \/ q.epoch # p.epoch THEN now ELSE @]
    /\ bound' = [bound EXCEPT ![s] = IF s \in voted \/ ~q.stands \/ q.epoch >= 2 * Later THEN @ ELSE q.epoch]
    /\ replies' = replies \cup {[by |-> s, epoch |-> q.epoch, expiration |-> IF q.stands THEN q.expiration ELSE 0,
                                 told |-> IF s \in voted THEN 0 ELSE bound'[s], at |-> now]}
    /\ UNCHANGED <<real, offset, life, opens, from, lsu, leads, asked, voted, candidate, elected, served, next, restarts>>

\* OnReply; what a supporter's Raft group has promised comes with it.
OnReply(m) ==
    LET f == from[m.by]
        ask == Max(f.ask, m.epoch)
        counts == m.epoch = ask /\ m.epoch >= f.epoch
        g == [ask |-> ask,
              epoch |-> IF counts THEN m.epoch ELSE f.epoch,
              expiration |-> IF ~counts THEN f.expiration
                             ELSE IF m.epoch > f.epoch THEN m.expiration ELSE Max(f.expiration, m.expiration),
              told |-> Max(f.told, m.told)] IN
    /\ last' = Observed(Old, m.at)
    /\ replies' = replies \ {m}
    /\ from' = [from EXCEPT ![m.by] = g]
    \* Old and one of the others are a quorum.
    /\ lsu' = IF leads /\ g.told = g.epoch /\ g.epoch > 0 THEN Max(lsu, g.expiration) ELSE lsu
    /\ UNCHANGED <<real, offset, for, floor, bound, life, opens, leads, requests, asked, voted, candidate, elected, served, next, restarts>>

\* Tick of StoreLiveness: counts the epoch up, durably, before anybody votes.
Withdraw(s) ==
    /\ for[s].stands
    /\ for[s].expiration < Reading(s) \/ Bug = "WithdrawEarly"
    /\ for' = [for EXCEPT ![s] = [@ EXCEPT !.epoch = @ + 1, !.stands = FALSE]]
    /\ floor' = [floor EXCEPT ![s] = Reading(s)]
    /\ UNCHANGED <<real, offset, last, bound, life, opens, from, lsu, leads, requests, replies, asked, voted, candidate, elected,
                   served, next, restarts>>

\* HoldsLeaseAt and TryObserve: serves a timestamp that no clock of the cluster has passed yet, nor its own by Epsilon.
HoldsLeaseAt(t) == leads /\ Max(t, Reading(Old)) + (IF Bug = "NoEpsilon" THEN 0 ELSE Epsilon) < lsu

Serve(t) ==
    /\ HoldsLeaseAt(t)
    /\ t <= Fastest /\ t <= Wall(Old) + Epsilon
    /\ t > served
    /\ served' = t
    /\ last' = Observed(Old, t)
    /\ UNCHANGED <<real, offset, for, floor, bound, life, opens, from, lsu, leads, requests, replies, asked, voted, candidate, elected,
                   next, restarts>>

-----------------------------------------------------------------------------
\* The second term.
IsBound(s) == s # Old /\ bound[s] > 0 /\ for[s].stands /\ for[s].epoch = bound[s] /\ Bug # "VoteWhileBound"

Campaign(c) ==
    /\ candidate = None
    /\ IF c = Old THEN ~leads ELSE ~IsBound(c)
    /\ candidate' = c
    /\ voted' = {c}
    /\ UNCHANGED <<real, offset, last, for, floor, bound, life, opens, from, lsu, leads, requests, replies, asked, elected, served,
                   next, restarts>>

\* Two of three: elected. The vote carries the voter's clock. A leader votes for nobody while its lease stands; one that
\* has restarted has forgotten how far it served, and votes only when its wall clock must have passed that.
Vote(v) ==
    /\ candidate # None /\ elected = None /\ v \notin voted
    /\ candidate = Old \/ ~IsBound(v)
    /\ v = Old /\ leads => lsu <= Reading(Old)
    /\ v = Old => Wall(Old) >= opens \/ Bug = "VoteAtOnce"
    /\ voted' = voted \cup {v}
    /\ elected' = candidate
    /\ leads' = IF v = Old THEN FALSE ELSE leads
    /\ last' = Observed(candidate, Reading(v))
    /\ UNCHANGED <<real, offset, for, floor, bound, life, opens, from, lsu, requests, replies, asked, candidate, served, next, restarts>>

\* ProposeLease.
BeginLease ==
    /\ elected # None /\ next = -1
    /\ elected = Old => Wall(Old) >= opens \/ Bug = "LeaseAtOnce"
    /\ next' = Reading(elected) + 1
    /\ last' = Observed(elected, Reading(elected) + 1)
    /\ UNCHANGED <<real, offset, for, floor, bound, life, opens, from, lsu, leads, requests, replies, asked, voted, candidate, elected,
                   served, restarts>>

-----------------------------------------------------------------------------
\* All clocks start from the wall; whoever had a record starts above it. Leadership and candidacy are lost.
RestartOld ==
    /\ restarts < MaxRestarts /\ restarts' = restarts + 1
    /\ last' = [last EXCEPT ![Old] = 0]
    /\ life' = life + 1
    /\ opens' = Wall(Old) + Epsilon
    /\ from' = [s \in Supporters |-> [ask |-> (life + 1) * Later, epoch |-> 0, expiration |-> 0, told |-> 0]]
    /\ leads' = FALSE /\ lsu' = 0
    /\ elected # Old
    /\ UNCHANGED <<real, offset, for, floor, bound, requests, replies, asked, voted, candidate, elected, served, next>>

RestartSupporter(s) ==
    /\ restarts < MaxRestarts /\ restarts' = restarts + 1
    /\ elected # s
    /\ last' = [last EXCEPT ![s] = floor[s]]
    /\ for' = [for EXCEPT ![s] = IF Bug = "ForgetPromise" THEN [epoch |-> 0, expiration |-> 0, durable |-> 0, stands |-> FALSE]
                                 ELSE [@ EXCEPT !.expiration = for[s].durable]]
    /\ UNCHANGED <<real, offset, floor, bound, life, opens, from, lsu, leads, requests, replies, asked, voted, candidate, elected,
                   served, next>>

Next ==
    \/ Tick
    \/ BeginLease
    \/ RestartOld
    \/ \E t \in {Reading(Old), Fastest} : Serve(t) \* the highest are those that matter
    \/ \E s \in Supporters : Ask(s) \/ Withdraw(s) \/ RestartSupporter(s) \/ \E m \in requests : OnRequest(s, m)
    \/ \E m \in replies : OnReply(m)
    \/ \E s \in Server : Campaign(s) \/ Vote(s)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
TypeOK ==
    /\ real \in 0..MaxTime
    /\ \A s \in Supporters : for[s].expiration <= for[s].durable \/ Bug # "none"
    /\ \A s \in Server : last[s] \in 0..MaxTime + 2 * Epsilon + 1
    /\ restarts \in 0..MaxRestarts

\* Invariant 8, leases are disjoint: nothing that was served under the first lease lies in the second.
LeasesDisjoint == next >= 0 => served < next

\* In real time, too: once the next lease has begun, Old serves no more, whether it has heard of it or not.
OneHoldsTheLease == next >= 0 => ~HoldsLeaseAt(0)

\* A requester never believes in more than was promised under the same epoch, over restarts too.
BelievedIsPromised ==
    \A s \in Supporters : from[s].epoch = for[s].epoch /\ for[s].stands => from[s].expiration <= for[s].expiration

\* Epochs and, within one, promises only grow.
PromisesGrow ==
    [][\A s \in Supporters :
        /\ for'[s].epoch >= for[s].epoch
        /\ for'[s].epoch = for[s].epoch => for'[s].expiration >= for[s].expiration]_vars

\* No clock runs ahead of the fastest wall clock by more than the one that a lease's start adds.
BoundedDrift == \A s \in Server : last[s] <= Fastest + 1

-----------------------------------------------------------------------------
\* To be refuted: Old has served, its supporters withdraw, another's lease begins, and Old still believes that it leads.
NotReachedSuccessor == ~(next >= 0 /\ served >= 0 /\ leads /\ elected # Old)
\* To be refuted: Old serves, restarts, and leads again under a new lease.
NotReachedReturn == ~(next >= 0 /\ served >= 0 /\ elected = Old)

Symmetry == Permutations(Supporters)
=============================================================================
