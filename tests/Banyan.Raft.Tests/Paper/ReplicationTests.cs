using Banyan.Primitives;
using Banyan.Raft.Tests.Cluster;
using static Banyan.Raft.Tests.Paper.PaperCluster;

namespace Banyan.Raft.Tests.Paper;

/// <summary>Sections 5.3 to 5.5 and 7 of the paper.</summary>
public sealed class ReplicationTests
{
    [Fact]
    public void Leader_append_only_a_leader_keeps_its_whole_log_and_adds_to_it()
    {
        RaftGroup leader = Member(3, [1, 1, 2, 3]);
        leader.Elect();
        leader.TryPropose(new byte[] { 1 }, out LogIndex index, out Term term);
        Assert.Equal("1 1 2 3 4 4", leader.Terms());
        Assert.Equal((new LogIndex(6), new Term(4)), (index, term));
    }

    [Theory]
    // previous index, previous term; the follower's log is 1 1 2
    [InlineData(3, 2, true)]
    [InlineData(2, 1, true)]
    [InlineData(0, 0, true)]
    [InlineData(3, 1, false)]
    [InlineData(3, 3, false)]
    [InlineData(4, 2, false)]
    public void Log_matching_an_append_is_taken_only_after_an_entry_that_agrees(ulong previous, ulong previousTerm, bool success)
    {
        RaftGroup follower = Member(3, [1, 1, 2]);
        follower.Step(Append(2, 3, previous, previousTerm, 0));
        AppendEntriesReply reply = Assert.IsType<AppendEntriesReply>(Assert.Single(follower.Drain()));
        Assert.Equal(success, reply.Success);
        Assert.Equal(new LogIndex(previous), reply.Index);
        Assert.Equal("1 1 2", follower.Terms());
    }

    [Fact]
    public void Log_matching_a_conflict_cuts_the_log_and_agreement_does_not()
    {
        RaftGroup follower = Member(4, [1, 2, 2, 2]);
        follower.Step(Append(2, 4, 1, 1, 0, 2));
        Assert.Equal("1 2 2 2", follower.Terms());
        follower.Step(Append(2, 4, 1, 1, 0, 2, 3));
        Assert.Equal("1 2 3", follower.Terms());
    }

    [Fact]
    public void An_append_that_is_old_news_does_not_cut_what_came_after()
    {
        RaftGroup follower = Member(2, []);
        follower.Step(Append(2, 2, 0, 0, 0, 2));
        follower.Step(Append(2, 2, 1, 2, 0, 2, 2));
        follower.Drain();
        follower.Step(Append(2, 2, 0, 0, 0, 2));
        Assert.Equal("2 2 2", follower.Terms());
        // It answers for that message only.
        Assert.Equal(new LogIndex(1), Assert.IsType<AppendEntriesReply>(Assert.Single(follower.Drain())).Index);
    }

    [Fact]
    public void Entries_are_durable_before_they_are_acknowledged()
    {
        RaftGroup follower = Member(2, []);
        follower.Step(Append(2, 2, 0, 0, 0, 2, 2));
        Ready ready = follower.TakeReady();
        Assert.Equal(2, ready.EntriesToAppend.Count);
        Assert.Empty(ready.MessagesNow);
        Assert.Equal(new LogIndex(2), Assert.IsType<AppendEntriesReply>(Assert.Single(ready.MessagesAfterFlush)).Index);
    }

    [Fact]
    public void What_replaces_a_suffix_is_written_again_from_its_first_entry()
    {
        RaftGroup follower = Member(2, []);
        follower.Step(Append(2, 2, 0, 0, 0, 2, 2, 2));
        follower.Drain();
        follower.Step(Append(3, 3, 1, 2, 0, 3));
        Ready ready = follower.TakeReady();
        Assert.Equal(new LogIndex(2), Assert.Single(ready.EntriesToAppend).Index);
    }

    [Fact]
    public void A_leader_counts_itself_only_when_its_entry_is_durable()
    {
        RaftGroup leader = Member(1, []);
        leader.Elect();
        Ready ready = leader.TakeReady();
        // Two of three: the leader and s2; the leader's flush is under way.
        leader.Step(Accepted(2, 2, 1));
        Assert.Equal(LogIndex.Zero, leader.CommitIndex);
        leader.OnFlushed(ready);
        Assert.Equal(new LogIndex(1), leader.CommitIndex);
    }

    [Fact]
    public void Two_followers_commit_an_entry_that_the_leader_has_not_flushed()
    {
        RaftGroup leader = Member(1, []);
        leader.Elect();
        leader.TakeReady();
        leader.Step(Accepted(2, 2, 1));
        leader.Step(Accepted(3, 2, 1));
        Assert.Equal(new LogIndex(1), leader.CommitIndex);
    }

    [Fact]
    public void A_flush_of_an_entry_that_was_replaced_counts_for_nothing()
    {
        RaftGroup member = Member(1, []);
        member.Step(Append(2, 1, 0, 0, 0, 1, 1));
        Ready first = member.TakeReady();
        member.Step(Append(3, 2, 0, 0, 0, 2));
        member.TakeReady();
        member.Elect();
        Ready third = member.TakeReady();
        member.OnFlushed(first);
        member.Step(Accepted(2, 3, 2));
        Assert.Equal(LogIndex.Zero, member.CommitIndex);
        member.OnFlushed(third);
        Assert.Equal(new LogIndex(2), member.CommitIndex);
    }

    [Fact]
    public void A_deposed_leaders_append_is_refused_and_it_is_told_the_term()
    {
        RaftGroup follower = Member(5, [1]);
        follower.Step(Append(2, 4, 1, 1, 1, 4));
        AppendEntriesReply reply = Assert.IsType<AppendEntriesReply>(Assert.Single(follower.Drain()));
        Assert.Equal((false, new Term(5)), (reply.Success, reply.Term));
        Assert.Equal("1", follower.Terms());
        Assert.Equal(LogIndex.Zero, follower.CommitIndex);
    }

    [Fact]
    public void A_deposed_leaders_snapshot_is_refused()
    {
        RaftGroup follower = Member(5, [1]);
        follower.Step(new InstallSnapshot(new(2), new(1), new(4), new(new(9), new(4), new([new(1), new(2), new(3)], [], []), default)));
        Ready ready = follower.TakeReady();
        Assert.Null(ready.SnapshotToInstall);
        Assert.False(((AppendEntriesReply)Assert.Single(ready.MessagesNow)).Success);
    }

    [Fact]
    public void An_acknowledgement_of_an_earlier_term_counts_for_nothing()
    {
        RaftGroup leader = Member(4, [1, 1]);
        leader.Elect();
        leader.Drain();
        leader.Step(Accepted(2, 4, 3));
        Assert.Equal(LogIndex.Zero, leader.CommitIndex);
        leader.Step(Accepted(2, 5, 3));
        Assert.Equal(new LogIndex(3), leader.CommitIndex);
    }

    [Fact]
    public void A_followers_commit_index_is_bounded_by_what_the_append_vouches_for()
    {
        // The follower's third entry may differ from the leader's: the heartbeat speaks of the first two only.
        RaftGroup follower = Member(3, [1, 1, 2]);
        follower.Step(Append(2, 3, 2, 1, 3));
        Assert.Equal(new LogIndex(2), follower.CommitIndex);
    }

    [Fact]
    public void State_machine_safety_a_committed_entry_that_would_be_cut_ends_the_process()
    {
        RaftGroup follower = Member(2, [1, 1], commit: 2);
        Assert.Throws<InvariantViolation>(() => follower.Step(Append(2, 3, 1, 1, 0, 3)));
    }

    [Fact]
    public void Figure_8_an_entry_of_an_older_term_is_not_committed_by_counting_replicas()
    {
        // (c) of the figure: the leader of term 4 has replicated index 2 of term 2 to a majority.
        RaftGroup leader = Member(3, [1, 2], voters: 5);
        leader.Campaign();
        leader.Drain();
        foreach (bool preVote in (bool[])[true, false])
        {
            foreach (uint voter in (uint[])[2, 3]) leader.Step(new RequestVoteReply(new(voter), new(1), new(4), Granted: true, preVote));
            leader.Drain();
        }

        Assert.Equal(RaftRole.Leader, leader.Role);
        leader.Step(Accepted(2, 4, 2));
        leader.Step(Accepted(3, 4, 2));
        leader.Drain();
        Assert.Equal(LogIndex.Zero, leader.CommitIndex);
        // (e): with an entry of its own term on a majority, all before it is committed.
        leader.Step(Accepted(2, 4, 3));
        leader.Step(Accepted(3, 4, 3));
        Assert.Equal(new LogIndex(3), leader.CommitIndex);
    }

    [Fact]
    public void Leader_completeness_a_new_leader_has_every_committed_entry_and_commits_them_in_its_own_term()
    {
        var cluster = new RaftCluster(5);
        cluster.Elect(1);
        cluster.Propose(1, "a", "b");
        cluster.Settle();
        LogIndex committed = cluster[1].Group.CommitIndex;
        cluster[1].Crash();
        cluster[2].Crash();
        cluster.Tick(100);
        Member leader = cluster.Leader;
        Assert.True(leader.Group.CommitIndex > committed);
        Assert.Equal(leader.Log.LastIndex, leader.Group.CommitIndex);
    }

    public static TheoryData<string> Figure7Followers => new(
        "1 1 1 4 4 5 5 6 6", "1 1 1 4", "1 1 1 4 4 5 5 6 6 6 6", "1 1 1 4 4 5 5 6 6 6 7 7", "1 1 1 4 4 4 4", "1 1 1 2 2 2 3 3 3 3 3");

    [Theory]
    [MemberData(nameof(Figure7Followers))]
    public void Figure_7_a_followers_log_is_made_like_the_leaders(string log)
    {
        RaftGroup leader = Member(7, [1, 1, 1, 4, 4, 5, 5, 6, 6, 6]);
        RaftGroup follower = new(
            new(), new(2), new([new(1), new(2), new(3)], [], []),
            new(new(new(7), default, default, default, 0), default, default, Entries(0, [.. log.Split(' ').Select(ulong.Parse)]), default),
            NoStoreLiveness.Instance, new(2));
        leader.Campaign();
        leader.Drain();
        // s3's vote; the follower's log may be the more up-to-date one.
        leader.Step(new RequestVoteReply(new(3), new(1), new(8), Granted: true, PreVote: true));
        leader.Drain();
        leader.Step(new RequestVoteReply(new(3), new(1), new(8), Granted: true, PreVote: false));
        int rounds = 0;
        List<RaftMessage> toFollower = leader.Drain();
        while (toFollower.Count > 0)
        {
            foreach (RaftMessage message in toFollower.Where(m => m.To.Value == 2)) follower.Step(message);
            foreach (RaftMessage reply in follower.Drain()) leader.Step(reply);
            toFollower = leader.Drain().FindAll(m => m.To.Value == 2);
            Assert.True(++rounds < 12);
        }

        Assert.Equal("1 1 1 4 4 5 5 6 6 6 8", leader.Terms());
        Assert.Equal(leader.Terms(), follower.Terms());
        // One refusal a term that differs, not one an entry.
        Assert.InRange(rounds, 1, 5);
    }

    [Fact]
    public void A_leader_that_cannot_reach_a_majority_commits_nothing_and_its_entries_are_replaced()
    {
        var cluster = new RaftCluster(5);
        cluster.Elect(1);
        LogIndex before = cluster[1].Group.CommitIndex;
        cluster.Partition([1, 2], [3, 4, 5]);
        cluster.Propose(1, "lost");
        cluster.Settle();
        Assert.Equal(before, cluster[1].Group.CommitIndex);
        cluster.Tick(60);
        Member leader = cluster.Leader;
        Assert.InRange(leader.Id.Value, 3u, 5u);
        cluster.Propose(leader.Id.Value, "kept");
        cluster.Heal();
        cluster.Tick(60);
        Assert.All(cluster.Members, m => Assert.Equal(leader.Applied.Hash, m.Applied.Hash));
        Assert.DoesNotContain(cluster[1].Log.Entries, e => e.Payload.Span.SequenceEqual("lost"u8));
    }

    [Fact]
    public void A_lost_append_is_sent_again()
    {
        var cluster = new RaftCluster(3);
        cluster.Elect(1);
        cluster.Propose(1, "a");
        cluster[1].Work();
        cluster.Network.Clear();
        cluster.Tick(10);
        Assert.All(cluster.Members, m => Assert.Equal(cluster[1].Group.LastIndex, m.Applied.Index));
    }

    [Fact]
    public void A_learner_gets_the_log_and_does_not_count()
    {
        var cluster = new RaftCluster(2, learners: 1);
        cluster.Elect(1);
        LogIndex before = cluster[1].Group.CommitIndex;
        cluster.Partition([1, 3], [2]);
        cluster.Propose(1, "a");
        cluster.Settle();
        Assert.Equal(before.Next, cluster[3].Group.LastIndex);
        Assert.Equal(before, cluster[1].Group.CommitIndex);
    }

    [Fact]
    public void A_joint_configuration_needs_both_majorities()
    {
        var group = new RaftGroup(
            new(), new(1), new([new(1), new(4), new(5)], [new(1), new(2), new(3)], []), RaftLogState.Empty, NoStoreLiveness.Instance, new(1));
        group.Campaign();
        group.Drain();
        foreach (uint voter in (uint[])[2, 4]) group.Step(new RequestVoteReply(new(voter), new(1), new(1), Granted: true, PreVote: true));
        group.Drain();
        foreach (uint voter in (uint[])[4, 5]) group.Step(new RequestVoteReply(new(voter), new(1), new(1), Granted: true, PreVote: false));
        Assert.Equal(RaftRole.Candidate, group.Role);
        group.Step(new RequestVoteReply(new(2), new(1), new(1), Granted: true, PreVote: false));
        Assert.Equal(RaftRole.Leader, group.Role);
        group.Drain();
        group.Step(Accepted(4, 1, 1));
        group.Step(Accepted(5, 1, 1));
        Assert.Equal(LogIndex.Zero, group.CommitIndex);
        group.Step(Accepted(3, 1, 1));
        Assert.Equal(new LogIndex(1), group.CommitIndex);
    }

    private static AppendEntriesReply Accepted(uint from, ulong term, ulong index) =>
        new(new(from), new(1), new(term), Success: true, new(index), default, default, default, 0);
}
