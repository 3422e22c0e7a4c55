-------------------------- MODULE MembershipChange --------------------------
(***************************************************************************)
(* Changing the members of a replicated log by joint consensus:            *)
(* src/Banyan.Raft/Records/Configuration.cs, and the quorums that          *)
(* RaftGroup counts with it. A change goes from one set of voters through  *)
(* a joint configuration, in which every decision needs a majority of both *)
(* halves, to the new set. A server uses the newest configuration in its   *)
(* log, committed or not.                                                  *)
(*                                                                         *)
(* The log holds nothing but configurations; an entry is a pair <<term,    *)
(* configuration>>. Everything is durable at once (see log-replication).   *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets, TLC

CONSTANTS
    Server,
    First,       \* the voters at the start
    Targets,     \* sets of voters that a change may aim at
    MaxTerm,
    MaxLength,
    Bug

VARIABLES
    term, role, log, commit,
    votes,       \* by term: who has voted for whom, <<voter, candidate>>
    sent,        \* by term: its leader's log; any piece of it may arrive at any time
    agreed       \* all that was ever committed

vars == <<term, role, log, commit, votes, sent, agreed>>

Terms == 1..MaxTerm
Min(a, b) == IF a < b THEN a ELSE b
Max(a, b) == IF a > b THEN a ELSE b
TermAt(l, i) == IF i = 0 THEN 0 ELSE l[i].term
LastTerm(l) == TermAt(l, Len(l))

\* Configuration: Voters, OutgoingVoters (empty unless joint).
Plain(voters) == [voters |-> voters, outgoing |-> {}]
IsJoint(c) == c.outgoing # {}
IsVoter(c, s) == s \in c.voters \cup c.outgoing
IsMajority(of, set) == Cardinality(of \cap set) * 2 > Cardinality(of)
IsQuorum(c, set) ==
    IF IsJoint(c) /\ Bug = "EitherHalf"
    THEN IsMajority(c.voters, set) \/ IsMajority(c.outgoing, set)
    ELSE IsMajority(c.voters, set) /\ (IsJoint(c) => IsMajority(c.outgoing, set))

ConfigurationOf(l) == IF l = <<>> THEN Plain(First) ELSE l[Len(l)].config
Current(s) == ConfigurationOf(log[s])

\* What may follow a configuration.
Successors(c) ==
    IF IsJoint(c) THEN {Plain(c.voters)}
    ELSE {[voters |-> t, outgoing |-> IF Bug = "OneStep" THEN {} ELSE c.voters] : t \in Targets \ {c.voters}}

Init ==
    /\ term = [s \in Server |-> 0]
    /\ role = [s \in Server |-> "follower"]
    /\ log = [s \in Server |-> <<>>]
    /\ commit = [s \in Server |-> 0]
    /\ votes = [t \in Terms |-> {}]
    /\ sent = [t \in Terms |-> <<>>]
    /\ agreed = <<>>

-----------------------------------------------------------------------------
\* Voters campaign, and nobody with a configuration that is committed but not applied here (etcd's split brain); what is
\* applied is what is committed, so it is enough that a candidate goes by the newest configuration of its own log.
Campaign(s) ==
    /\ role[s] # "leader" /\ term[s] < MaxTerm
    /\ IsVoter(Current(s), s)
    /\ term' = [term EXCEPT ![s] = @ + 1]
    /\ role' = [role EXCEPT ![s] = "candidate"]
    /\ votes' = [votes EXCEPT ![term[s] + 1] = @ \cup {<<s, s>>}]
    /\ UNCHANGED <<log, commit, sent, agreed>>

\* Whoever is asked votes, voter by its own log or not: its log may be behind.
Vote(v, c) ==
    /\ role[c] = "candidate" /\ v # c
    /\ term[c] >= term[v] /\ (term[c] = term[v] => role[v] = "follower")
    /\ \A x \in votes[term[c]] : x[1] # v
    /\ \/ LastTerm(log[c]) > LastTerm(log[v])
       \/ LastTerm(log[c]) = LastTerm(log[v]) /\ Len(log[c]) >= Len(log[v])
    /\ term' = [term EXCEPT ![v] = term[c]]
    /\ role' = [role EXCEPT ![v] = "follower"]
    /\ votes' = [votes EXCEPT ![term[c]] = @ \cup {<<v, c>>}]
    /\ UNCHANGED <<log, commit, sent, agreed>>

\* The first entry of a term repeats the configuration: only once it is committed may the next change begin.
BecomeLeader(s) ==
    /\ role[s] = "candidate" /\ Len(log[s]) < MaxLength
    /\ IsQuorum(Current(s), {x[1] : x \in {y \in votes[term[s]] : y[2] = s}})
    /\ role' = [role EXCEPT ![s] = "leader"]
    /\ log' = [log EXCEPT ![s] = Append(@, [term |-> term[s], config |-> Current(s)])]
    /\ sent' = [sent EXCEPT ![term[s]] = log'[s]]
    /\ UNCHANGED <<term, commit, votes, agreed>>

\* A change, or its second half. One at a time: everything before must be committed.
Change(l, to) ==
    /\ role[l] = "leader" /\ Len(log[l]) < MaxLength
    /\ commit[l] = Len(log[l]) \/ Bug = "TwoAtOnce"
    /\ to \in Successors(Current(l))
    /\ log' = [log EXCEPT ![l] = Append(@, [term |-> term[l], config |-> to])]
    /\ sent' = [sent EXCEPT ![term[l]] = log'[l]]
    /\ UNCHANGED <<term, role, commit, votes, agreed>>

Accept(f, t, last) ==
    /\ t >= term[f] /\ ~(t = term[f] /\ role[f] = "leader")
    /\ last <= Len(sent[t]) /\ sent[t] # <<>>
    /\ log[f] # SubSeq(sent[t], 1, last)
    /\ ~(Len(log[f]) >= last /\ SubSeq(log[f], 1, last) = SubSeq(sent[t], 1, last))
    /\ term' = [term EXCEPT ![f] = t]
    /\ role' = [role EXCEPT ![f] = "follower"]
    /\ log' = [log EXCEPT ![f] = SubSeq(sent[t], 1, last)]
    /\ UNCHANGED <<commit, votes, sent, agreed>>

\* AdvanceCommit, by the leader's configuration of now. Who has the leader's log up to i in its term has said so.
Commit(l, i) ==
    /\ role[l] = "leader" /\ i > commit[l] /\ i <= Len(log[l])
    /\ log[l][i].term = term[l]
    /\ IsQuorum(Current(l), {s \in Server : term[s] = term[l] /\ Len(log[s]) >= i /\ log[s][i] = log[l][i]})
    /\ commit' = [commit EXCEPT ![l] = i]
    /\ agreed' = [n \in 1..Max(i, Len(agreed)) |-> IF n <= Len(agreed) THEN agreed[n] ELSE log[l][n] @@ [by |-> term[l]]]
    /\ UNCHANGED <<term, role, log, votes, sent>>

\* What a leader knows to be committed is told, whenever.
Learn(f, i) ==
    /\ i > commit[f] /\ i <= Len(log[f])
    /\ \E l \in Server : commit[l] >= i /\ term[l] = term[f] /\ log[l][i] = log[f][i]
    /\ commit' = [commit EXCEPT ![f] = i]
    /\ UNCHANGED <<term, role, log, votes, sent, agreed>>

Next ==
    \E s \in Server :
        \/ Campaign(s)
        \/ BecomeLeader(s)
        \/ \E c \in Server : Vote(s, c)
        \/ \E to \in Successors(Current(s)) : Change(s, to)
        \/ \E t \in Terms, last \in 1..MaxLength : Accept(s, t, last)
        \/ \E i \in 1..MaxLength : Commit(s, i)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
TypeOK ==
    /\ term \in [Server -> 0..MaxTerm]
    /\ role \in [Server -> {"follower", "candidate", "leader"}]
    /\ \A s \in Server : Len(log[s]) <= MaxLength /\ commit[s] <= Len(log[s])

\* "one leader a term"
OneLeaderATerm ==
    \A s, other \in Server : role[s] = "leader" /\ role[other] = "leader" /\ term[s] = term[other] => s = other

\* Leader safety: whoever leads a later term has all that was committed, the configurations first of all.
LeaderIsComplete ==
    \A s \in Server : role[s] = "leader" =>
        \A i \in 1..Len(agreed) : agreed[i].by < term[s] =>
            i <= Len(log[s]) /\ log[s][i].term = agreed[i].term /\ log[s][i].config = agreed[i].config

AppliedAgrees ==
    \A s \in Server : \A i \in 1..commit[s] :
        i <= Len(agreed) /\ log[s][i].term = agreed[i].term /\ log[s][i].config = agreed[i].config

\* One configuration is in force: in any leader's log at most the last is not committed, apart from a repetition, and
\* each follows from the one before.
OneChangeAtATime ==
    \A s \in Server : \A i \in 2..Len(log[s]) :
        \/ log[s][i].config = log[s][i - 1].config
        \/ log[s][i].config \in Successors(log[s][i - 1].config)

\* Invariant 7, consecutive quorums intersect: checked over all quorums of every two neighbours in a log.
QuorumsOf(c) == {q \in SUBSET Server : IsQuorum(c, q)}
ConsecutiveQuorumsIntersect ==
    \A s \in Server : \A i \in 1..Len(log[s]) :
        LET before == IF i = 1 THEN Plain(First) ELSE log[s][i - 1].config IN
        before # log[s][i].config => \A p \in QuorumsOf(before), q \in QuorumsOf(log[s][i].config) : p \cap q # {}

-----------------------------------------------------------------------------
\* To be refuted: a whole change is done, and a server that was no voter at first leads.
NotReachedNewLeader ==
    ~\E s \in Server \ First : role[s] = "leader" /\ commit[s] > 0 /\ ~IsJoint(log[s][commit[s]].config)

\* To be refuted: a joint configuration that is not committed is cut off by the next leader.
NotReachedCut ==
    ~\E t, u \in Terms : t < u /\ \E i \in 1..Min(Len(sent[t]), Len(sent[u])) :
        IsJoint(sent[t][i].config) /\ sent[t][i] # sent[u][i]
=============================================================================
