--------------------------- MODULE LeaderElection ---------------------------
(***************************************************************************)
(* Elections of one replicated log: src/Banyan.Raft/Group/RaftGroup and    *)
(* RaftGroup.Elections. Terms, votes, pre-votes, the hand-over of an       *)
(* office, and the promise that a follower owes the leader it supports.    *)
(*                                                                         *)
(* Time and store liveness are reduced to epochs: a member's support       *)
(* stands until it lapses, and a lapse counts the epoch up. That a leader  *)
(* stops relying on support before it lapses is shown in store-liveness.   *)
(* Whatever leaves after a flush in the code happens here in one step with *)
(* its flush; a crash loses all that HardState does not hold.              *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets, TLC

CONSTANTS
    Server,       \* the members
    MaxTerm,      \* no campaign beyond this term
    MaxEpoch,     \* how often one member's support may lapse
    MaxRestarts,  \* restarts, over all members
    MaxHandOvers, \* hand-overs of an office
    PreVote,      \* FALSE: candidates do not ask first, which allows more and is quicker to check
    Bug           \* "none", or the name of a mutation

None == "none"

VARIABLES
    term, vote,   \* HardState.Term, HardState.Vote
    bound,        \* HardState.Leader and SupportEpoch: whom a member has promised its vote
    epoch,        \* what store liveness says: the epoch at which this member's support stands
    role, leader, \* lost with a restart
    pre,          \* who has answered yes to the pre-vote under way
    asked,        \* requests for votes ever sent: <<candidate, term, is it a hand-over>>
    granted,      \* votes ever sent: <<voter, candidate, term>>
    offices,      \* appends ever sent: <<leader, term>>
    promises,     \* promises ever sent: <<follower, leader, term, epoch>>
    handed,       \* TimeoutNow ever sent: <<to, term>>
    restarts

durable == <<term, vote, bound, epoch>>
volatile == <<role, leader, pre>>
network == <<asked, granted, offices, promises, handed>>
vars == <<durable, volatile, network, restarts>>

Roles == {"follower", "precandidate", "candidate", "leader"}
Terms == 0..MaxTerm
Nobody == [to |-> None, epoch |-> 0]

TypeOK ==
    /\ term \in [Server -> Terms]
    /\ vote \in [Server -> Server \cup {None}]
    /\ bound \in [Server -> [to : Server \cup {None}, epoch : 0..MaxEpoch]]
    /\ epoch \in [Server -> 0..MaxEpoch]
    /\ role \in [Server -> Roles]
    /\ leader \in [Server -> Server \cup {None}]
    /\ pre \in [Server -> SUBSET Server]
    /\ asked \subseteq Server \X Terms \X BOOLEAN
    /\ granted \subseteq Server \X Server \X Terms
    /\ offices \subseteq Server \X Terms
    /\ promises \subseteq Server \X Server \X Terms \X (0..MaxEpoch)
    /\ handed \subseteq Server \X Terms
    /\ restarts \in 0..MaxRestarts

IsQuorum(set) == Cardinality(set) * 2 > Cardinality(Server)

Init ==
    /\ term = [s \in Server |-> 0]
    /\ vote = [s \in Server |-> None]
    /\ bound = [s \in Server |-> Nobody]
    /\ epoch = [s \in Server |-> 0]
    /\ role = [s \in Server |-> "follower"]
    /\ leader = [s \in Server |-> None]
    /\ pre = [s \in Server |-> {}]
    /\ asked = {} /\ granted = {} /\ offices = {} /\ promises = {} /\ handed = {}
    /\ restarts = 0

-----------------------------------------------------------------------------
SupportsPromised(s) == bound[s].to # None /\ bound[s].epoch = epoch[s]

\* Those on whom a leader's lease rests: they promised in its term, and their support has not lapsed since.
Supporters(l) == {l} \cup {s \in Server : <<s, l, term[l], epoch[s]>> \in promises}
IsLeased(l) == role[l] = "leader" /\ IsQuorum(Supporters(l))

HasLivingLeaderOtherThan(s, candidate) ==
    \/ Bug # "VoteWhileBound" /\ SupportsPromised(s) /\ bound[s].to # candidate
    \/ IsLeased(s)

\* BecomeFollower: a vote belongs to a term.
BecomeFollower(s, t, l) ==
    /\ term' = [term EXCEPT ![s] = t]
    /\ vote' = [vote EXCEPT ![s] = IF t > term[s] THEN None ELSE @]
    /\ role' = [role EXCEPT ![s] = "follower"]
    /\ leader' = [leader EXCEPT ![s] = l]
    /\ pre' = [pre EXCEPT ![s] = {}]

-----------------------------------------------------------------------------
\* The election timeout, or a pre-vote that has failed.
AskPreVotes(s) ==
    /\ PreVote
    /\ role[s] \in {"follower", "candidate"}
    /\ term[s] < MaxTerm
    /\ ~SupportsPromised(s)
    /\ role' = [role EXCEPT ![s] = "precandidate"]
    /\ leader' = [leader EXCEPT ![s] = None]
    /\ pre' = [pre EXCEPT ![s] = {s}]
    /\ UNCHANGED <<durable, network, restarts>>

\* The question is answered without a promise. Its way there and back may take any time in which s stays what it is.
GrantPreVote(v, s) ==
    /\ v # s /\ role[s] = "precandidate" /\ v \notin pre[s]
    /\ term[s] + 1 > term[v]
    /\ ~HasLivingLeaderOtherThan(v, s)
    /\ pre' = [pre EXCEPT ![s] = IF IsQuorum(@ \cup {v}) THEN Server ELSE @ \cup {v}] \* who it was matters no more
    /\ UNCHANGED <<durable, role, leader, network, restarts>>

BecomeCandidate(s, transfer) ==
    /\ term[s] < MaxTerm
    /\ term' = [term EXCEPT ![s] = @ + 1]
    /\ vote' = [vote EXCEPT ![s] = s]
    /\ role' = [role EXCEPT ![s] = "candidate"]
    /\ leader' = [leader EXCEPT ![s] = None]
    /\ pre' = [pre EXCEPT ![s] = {}]
    /\ asked' = asked \cup {<<s, term[s] + 1, transfer>>}
    /\ granted' = granted \cup {<<s, s, term[s] + 1>>}
    /\ UNCHANGED <<epoch, offices, promises, handed, restarts>>

WinPreVotes(s) ==
    /\ IF PreVote THEN role[s] = "precandidate" /\ IsQuorum(pre[s]) ELSE role[s] # "leader" /\ ~SupportsPromised(s)
    /\ BecomeCandidate(s, FALSE)
    /\ UNCHANGED bound

\* A hand-over releases from the promise, since the leader has stepped down. Who has reached that term already may
\* have promised itself to another leader of that very term since, so there it releases from nothing.
IsReleased(v, t, transfer) == transfer /\ (Bug = "LateHandOver" \/ t > term[v])

Vote(v, c, t, transfer) ==
    /\ <<c, t, transfer>> \in asked
    /\ v # c /\ t >= term[v] /\ <<v, c, t>> \notin granted
    /\ IsReleased(v, t, transfer) \/ ~HasLivingLeaderOtherThan(v, c)
    /\ \/ t > term[v]
       \/ vote[v] \in {None, c} /\ role[v] = "follower" /\ leader[v] = None
    /\ term' = [term EXCEPT ![v] = t]
    /\ vote' = [vote EXCEPT ![v] = c]
    /\ role' = [role EXCEPT ![v] = "follower"]
    /\ leader' = [leader EXCEPT ![v] = None]
    /\ pre' = [pre EXCEPT ![v] = {}]
    /\ bound' = IF IsReleased(v, t, transfer) THEN [bound EXCEPT ![v] = Nobody] ELSE bound
    /\ granted' = granted \cup {<<v, c, t>>}
    /\ UNCHANGED <<epoch, asked, offices, promises, handed, restarts>>

BecomeLeader(s) ==
    /\ role[s] = "candidate"
    /\ IsQuorum({v \in Server : <<v, s, term[s]>> \in granted})
    /\ role' = [role EXCEPT ![s] = "leader"]
    /\ leader' = [leader EXCEPT ![s] = s]
    /\ bound' = [bound EXCEPT ![s] = Nobody]
    /\ offices' = offices \cup {<<s, term[s]>>}
    /\ UNCHANGED <<term, vote, epoch, pre, asked, granted, promises, handed, restarts>>

\* OnAppendEntries: takes the sender for its leader, and promises to vote for nobody else while its support stands.
Follow(f, l, t) ==
    /\ <<l, t>> \in offices
    /\ f # l /\ t >= term[f]
    /\ BecomeFollower(f, t, l)
    /\ bound' = [bound EXCEPT ![f] = [to |-> l, epoch |-> epoch[f]]]
    /\ promises' = promises \cup {<<f, l, t, epoch[f]>>}
    /\ UNCHANGED <<epoch, asked, granted, offices, handed, restarts>>

\* Any answer may tell a higher term. It does not depose a leader's office elsewhere, only who hears it.
LearnTerm(s, t) ==
    /\ t > term[s]
    /\ \E other \in Server : term[other] = t
    /\ BecomeFollower(s, t, None)
    /\ UNCHANGED <<bound, epoch, network, restarts>>

\* Check-quorum. (A candidacy that a majority has refused ends in the same state as one that is asked again.)
StepDown(s) ==
    /\ role[s] = "leader" /\ ~IsLeased(s)
    /\ BecomeFollower(s, term[s], None)
    /\ UNCHANGED <<bound, epoch, network, restarts>>

\* TransferLeadership: steps down first, then tells the other.
HandOver(l, to) ==
    /\ role[l] = "leader" /\ to # l /\ term[l] < MaxTerm
    /\ Cardinality(handed) < MaxHandOvers
    /\ BecomeFollower(l, term[l], None)
    /\ handed' = handed \cup {<<to, term[l]>>}
    /\ UNCHANGED <<bound, epoch, asked, granted, offices, promises, restarts>>

TimeoutNow(s) ==
    /\ <<s, term[s]>> \in handed
    /\ role[s] = "follower"
    /\ BecomeCandidate(s, TRUE)
    /\ bound' = [bound EXCEPT ![s] = Nobody]

\* Store liveness withdraws, or the other server has begun a new life: old promises are over, for both sides.
Lapse(s) ==
    /\ bound[s].to # None /\ SupportsPromised(s) /\ epoch[s] < MaxEpoch
    /\ epoch' = [epoch EXCEPT ![s] = @ + 1]
    /\ UNCHANGED <<term, vote, bound, volatile, network, restarts>>

Restart(s) ==
    /\ restarts < MaxRestarts
    /\ role[s] # "follower" \/ leader[s] # None \* otherwise nothing is lost
    /\ restarts' = restarts + 1
    /\ role' = [role EXCEPT ![s] = "follower"]
    /\ leader' = [leader EXCEPT ![s] = None]
    /\ pre' = [pre EXCEPT ![s] = {}]
    /\ vote' = IF Bug = "ForgetVote" THEN [vote EXCEPT ![s] = None] ELSE vote
    /\ bound' = IF Bug = "ForgetPromise" THEN [bound EXCEPT ![s] = Nobody] ELSE bound
    /\ UNCHANGED <<term, epoch, network>>

Next ==
    \E s \in Server :
        \/ AskPreVotes(s)
        \/ WinPreVotes(s)
        \/ BecomeLeader(s)
        \/ StepDown(s)
        \/ TimeoutNow(s)
        \/ Lapse(s)
        \/ Restart(s)
        \/ \E t \in Terms : LearnTerm(s, t)
        \/ \E other \in Server :
            \/ GrantPreVote(s, other)
            \/ HandOver(s, other)
            \/ \E t \in Terms : Follow(s, other, t)
            \/ \E t \in Terms, transfer \in BOOLEAN : Vote(s, other, t, transfer)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
\* "one leader a term"
OneLeaderATerm == \A x, y \in offices : x[2] = y[2] => x = y

OneVoteATerm == \A x, y \in granted : x[1] = y[1] /\ x[3] = y[3] => x = y

ElectedByAQuorum == \A x \in offices : IsQuorum({v \in Server : <<v, x[1], x[2]>> \in granted})

\* What LeadSupportedUntil promises: no other member is elected while a quorum's promises stand.
LeaseStandsAlone ==
    \A s, other \in Server : s # other /\ IsLeased(s) => ~(role[other] = "leader" /\ term[other] > term[s])

\* Term and vote never go back, over restarts too.
TermAndVoteStay ==
    [][\A s \in Server : /\ term'[s] >= term[s]
                         /\ term'[s] = term[s] /\ vote[s] # None => vote'[s] = vote[s]]_vars

\* Who is bound gives no new vote to anybody else, unless the leader has stepped down for it.
BoundVotesForNobodyElse ==
    [][\A s \in Server : SupportsPromised(s) =>
        \A x \in granted' \ granted : x[1] = s =>
            \/ x[2] = bound[s].to
            \/ <<x[2], x[3], TRUE>> \in asked']_vars

-----------------------------------------------------------------------------
\* To be refuted: shows that the run gets as far as a second leased term after a hand-over and a restart.
NotReachedLease == ~(restarts > 0 /\ handed # {} /\ \E s \in Server : IsLeased(s) /\ term[s] = MaxTerm)

\* To be refuted: a leader without a lease that has not noticed the next one.
NotReachedDeposed ==
    ~\E s, other \in Server : s # other /\ role[s] = "leader" /\ IsLeased(other) /\ term[other] > term[s]

Symmetry == Permutations(Server)
=============================================================================
