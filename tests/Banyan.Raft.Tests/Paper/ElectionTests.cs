using Banyan.Primitives;
using Banyan.Raft.Tests.Cluster;
using static Banyan.Raft.Tests.Paper.PaperCluster;

namespace Banyan.Raft.Tests.Paper;

/// <summary>Section 5.2 and 5.4.1 of the paper, 9.6 of the thesis.</summary>
public sealed class ElectionTests
{
    [Fact]
    public void Election_safety_a_member_votes_for_one_candidate_a_term()
    {
        RaftGroup member = Member(1, []);
        member.Step(Ask(2, 2, 0, 0));
        member.Step(Ask(3, 2, 0, 0));
        member.Step(Ask(2, 2, 0, 0));
        Assert.Equal([(2u, true), (3u, false), (2u, true)], Votes(member.Drain()));
    }

    [Fact]
    public void Election_safety_a_vote_outlasts_a_restart()
    {
        RaftGroup member = Member(2, [], vote: 2);
        member.Step(Ask(3, 2, 0, 0));
        member.Step(Ask(2, 2, 0, 0));
        Assert.Equal([(3u, false), (2u, true)], Votes(member.Drain()));
    }

    [Fact]
    public void A_host_that_forgets_votes_elects_two_leaders_in_a_term()
    {
        // The negative control of the two above: s3 votes for s1, forgets it, and votes for s2 in the same term.
        var cluster = new RaftCluster(3, faults: ClusterFaults.ForgetsVote, consequencesOnly: true);
        foreach (uint candidate in (uint[])[1, 2]) BecomeCandidate(cluster, candidate);
        void Vote(uint candidate)
        {
            cluster[3].Step(new RequestVote(new(candidate), new(3), new(1), default, default, false, false));
            cluster[3].Work();
            foreach (RaftMessage message in cluster.Network.Where(m => m is RequestVoteReply { Granted: true }).ToList()) cluster[message.To].Step(message);
            cluster.Network.Clear();
        }

        Vote(1);
        Assert.Equal(RaftRole.Leader, cluster[1].Group.Role);
        cluster[3].Crash();
        cluster[3].Start();
        Assert.Equal("election safety", Assert.Throws<RaftViolation>(() => Vote(2)).Claim);
    }

    [Fact]
    public void A_vote_is_persisted_before_it_is_told()
    {
        RaftGroup member = Member(1, []);
        member.Step(Ask(2, 2, 0, 0));
        Ready ready = member.TakeReady();
        Assert.Empty(ready.MessagesNow);
        Assert.Equal((new Term(2), new ServerId(2)), (ready.HardState!.Value.Term, ready.HardState.Value.Vote));
        Assert.IsType<RequestVoteReply>(Assert.Single(ready.MessagesAfterFlush));
    }

    [Fact]
    public void A_candidates_own_vote_is_persisted_before_it_asks_for_others()
    {
        RaftGroup member = Member(1, []);
        member.Campaign();
        member.Drain();
        member.Step(new RequestVoteReply(new(2), new(1), new(2), Granted: true, PreVote: true));
        Ready ready = member.TakeReady();
        Assert.Empty(ready.MessagesNow);
        Assert.Equal((new Term(2), new ServerId(1)), (ready.HardState!.Value.Term, ready.HardState.Value.Vote));
        Assert.Equal(2, ready.MessagesAfterFlush.Count(m => m is RequestVote { PreVote: false }));
    }

    [Fact]
    public void An_only_voter_leads_when_its_own_vote_is_persisted()
    {
        RaftGroup member = Member(1, [], voters: 1);
        member.Campaign();
        Ready ready = member.TakeReady();
        Assert.Equal((new Term(2), new ServerId(1)), (ready.HardState!.Value.Term, ready.HardState.Value.Vote));
        Assert.Equal(RaftRole.Candidate, member.Role);
        member.OnFlushed(ready);
        Assert.Equal(RaftRole.Leader, member.Role);
    }

    [Fact]
    public void A_vote_for_itself_that_is_persisted_late_counts_for_nothing_in_a_later_term()
    {
        RaftGroup member = Member(1, [], voters: 1);
        member.Campaign();
        Ready first = member.TakeReady();
        member.Campaign();
        Ready second = member.TakeReady();
        Assert.Equal(new Term(3), member.Term);
        member.OnFlushed(first);
        Assert.Equal(RaftRole.Candidate, member.Role);
        member.OnFlushed(second);
        Assert.Equal(RaftRole.Leader, member.Role);
    }

    [Fact]
    public void An_only_voter_that_crashes_does_not_lead_the_same_term_again()
    {
        var cluster = new RaftCluster(1, learners: 1);
        Member voter = cluster[1];
        voter.HoldsFlushes = true;
        foreach (int flushes in (int[])[0, 1, 0, 1])
        {
            voter.Group.Campaign();
            voter.Work();
            for (int i = 0; i < flushes; i++) voter.FlushOne();
            Assert.Equal(flushes > 0, voter.TryPropose($"life with {flushes}"));
            cluster.Settle();
            voter.Crash();
            voter.Start();
        }

        Assert.Equal(new Term(2), voter.Group.Term);
    }

    [Theory]
    // last entry of the candidate: term, index; the voter's log is 1 2 2
    [InlineData(2, 3, true)]
    [InlineData(2, 4, true)]
    [InlineData(3, 1, true)]
    [InlineData(2, 2, false)]
    [InlineData(1, 9, false)]
    [InlineData(0, 0, false)]
    public void Only_a_candidate_whose_log_is_up_to_date_gets_a_vote(ulong lastTerm, ulong lastIndex, bool granted)
    {
        RaftGroup member = Member(3, [1, 2, 2]);
        member.Step(Ask(2, 4, lastIndex, lastTerm, preVote: true));
        Assert.Equal(granted, Assert.IsType<RequestVoteReply>(Assert.Single(member.Drain())).Granted);
        member.Step(Ask(2, 4, lastIndex, lastTerm));
        Assert.Equal([(2u, granted)], Votes(member.Drain()));
        // Refused or not, the term is known now.
        Assert.Equal(new Term(4), member.Term);
    }

    [Fact]
    public void A_candidate_of_an_older_term_is_refused_and_told_the_term()
    {
        RaftGroup member = Member(5, []);
        member.Step(Ask(2, 4, 9, 4));
        RequestVoteReply reply = Assert.IsType<RequestVoteReply>(Assert.Single(member.Drain()));
        Assert.Equal((false, new Term(5)), (reply.Granted, reply.Term));
        Assert.True(member.HardState.Vote.IsNone);
    }

    [Fact]
    public void A_member_that_saw_a_higher_term_becomes_a_follower_of_it()
    {
        RaftGroup leader = Member(1, []);
        leader.Elect();
        leader.Step(new AppendEntriesReply(new(2), new(1), new(9), false, default, default, default, default, 0));
        Assert.Equal((RaftRole.Follower, new Term(9)), (leader.Role, leader.Term));
        RaftGroup candidate = Member(1, []);
        candidate.Campaign();
        candidate.Drain();
        candidate.Step(new RequestVoteReply(new(3), new(1), new(7), Granted: false, PreVote: true));
        Assert.Equal((RaftRole.Follower, new Term(7)), (candidate.Role, candidate.Term));
    }

    [Fact]
    public void A_candidate_that_hears_the_leader_of_its_term_follows_it()
    {
        RaftGroup member = Member(1, []);
        member.Campaign();
        member.Drain();
        member.Step(new RequestVoteReply(new(2), new(1), new(2), Granted: true, PreVote: true));
        Assert.Equal(RaftRole.Candidate, member.Role);
        member.Step(Append(3, 2, 0, 0, 0));
        Assert.Equal((RaftRole.Follower, new ServerId(3)), (member.Role, member.Leader));
    }

    [Fact]
    public void Two_leaders_of_one_term_end_the_process()
    {
        RaftGroup member = Member(1, []);
        member.Step(Append(2, 2, 0, 0, 0));
        Assert.Throws<InvariantViolation>(() => member.Step(Append(3, 2, 0, 0, 0)));
    }

    [Fact]
    public void A_majority_is_needed_and_a_member_counts_once()
    {
        RaftGroup member = Member(1, [], voters: 5);
        member.Campaign();
        member.Drain();
        for (int i = 0; i < 3; i++) member.Step(new RequestVoteReply(new(2), new(1), new(2), Granted: true, PreVote: true));
        Assert.Equal(RaftRole.PreCandidate, member.Role);
        member.Step(new RequestVoteReply(new(3), new(1), new(2), Granted: true, PreVote: true));
        Assert.Equal(RaftRole.Candidate, member.Role);
        member.Drain();
        for (int i = 0; i < 3; i++) member.Step(new RequestVoteReply(new(2), new(1), new(2), Granted: true, PreVote: false));
        // Votes of another term, and pre-votes, are none.
        member.Step(new RequestVoteReply(new(4), new(1), new(1), Granted: true, PreVote: false));
        member.Step(new RequestVoteReply(new(5), new(1), new(2), Granted: true, PreVote: true));
        Assert.Equal(RaftRole.Candidate, member.Role);
        member.Step(new RequestVoteReply(new(5), new(1), new(2), Granted: true, PreVote: false));
        Assert.Equal(RaftRole.Leader, member.Role);
    }

    [Fact]
    public void A_pre_vote_changes_nothing_at_the_voter()
    {
        RaftGroup member = Member(1, []);
        member.Step(Ask(2, 2, 0, 0, preVote: true));
        member.Step(Ask(3, 2, 0, 0, preVote: true));
        Assert.All(member.Drain(), m => Assert.True(((RequestVoteReply)m).Granted));
        Assert.Equal((new Term(1), ServerId.None), (member.Term, member.HardState.Vote));
    }

    [Fact]
    public void A_member_that_was_away_does_not_disturb_a_living_leader()
    {
        var cluster = new RaftCluster(3);
        cluster.Elect(1);
        cluster.Isolate(3);
        cluster.Tick(100);
        Term term = cluster[1].Group.Term;
        Assert.Equal(term, cluster[3].Group.Term);
        cluster.Heal();
        cluster.Tick(30);
        Assert.Equal((RaftRole.Leader, term), (cluster[1].Group.Role, cluster[1].Group.Term));
        Assert.Equal(new ServerId(1), cluster[3].Group.Leader);
    }

    [Fact]
    public void Check_quorum_a_leader_that_reaches_no_majority_steps_down()
    {
        var cluster = new RaftCluster(3);
        cluster.Elect(1);
        cluster.Isolate(1);
        cluster.Tick(25);
        Assert.Equal(RaftRole.Follower, cluster[1].Group.Role);
    }

    [Fact]
    public void A_learner_neither_campaigns_nor_is_asked()
    {
        var cluster = new RaftCluster(2, learners: 1);
        cluster[3].Group.Campaign();
        Assert.Equal(RaftRole.Follower, cluster[3].Group.Role);
        List<RaftMessage> sent = [];
        cluster.Carrier = sent.Add;
        cluster[1].Group.Campaign();
        cluster[1].Work();
        Assert.Equal(new ServerId(2), Assert.Single(sent).To);
    }

    [Fact]
    public void Split_votes_are_resolved_by_random_timeouts()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            var cluster = new RaftCluster(4, seed: seed);
            foreach (Member member in cluster.Members) member.Group.Campaign();
            cluster.Settle();
            cluster.Tick(100);
            Assert.Single(cluster.Up, m => m.Group.Role == RaftRole.Leader);
        }
    }

    private static void BecomeCandidate(RaftCluster cluster, uint id)
    {
        cluster[id].Group.Campaign();
        cluster[id].Work();
        cluster[id].Step(new RequestVoteReply(new(3), new(id), new(1), Granted: true, PreVote: true));
        cluster[id].Work();
        cluster.Network.Clear();
        Assert.Equal(RaftRole.Candidate, cluster[id].Group.Role);
    }

    private static (uint To, bool Granted)[] Votes(List<RaftMessage> messages) =>
        [.. messages.OfType<RequestVoteReply>().Where(m => !m.PreVote).Select(m => (m.To.Value, m.Granted))];
}
