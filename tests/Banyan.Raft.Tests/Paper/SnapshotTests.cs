using Banyan.Primitives;
using Banyan.Raft.Tests.Cluster;
using static Banyan.Raft.Tests.Paper.PaperCluster;

namespace Banyan.Raft.Tests.Paper;

/// <summary>Section 7 of the paper: snapshots and compaction.</summary>
public sealed class SnapshotTests
{
    [Fact]
    public void A_follower_that_needs_what_was_compacted_gets_a_snapshot_and_what_comes_after()
    {
        RaftCluster cluster = WithOneBehind();
        cluster.Propose(1, "d");
        cluster.Settle();
        cluster.Heal();
        cluster.Tick(20);
        Assert.NotEqual(LogIndex.Zero, cluster[3].Group.CompactedIndex);
        Assert.Equal(cluster[1].Applied.Hash, cluster[3].Applied.Hash);
        cluster.Checker.CheckLogs();
    }

    [Fact]
    public void A_lost_snapshot_is_sent_again()
    {
        RaftCluster cluster = WithOneBehind();
        cluster.Heal();
        int snapshots = 0;
        cluster.Carrier = m =>
        {
            if (m is not InstallSnapshot || ++snapshots > 1) cluster.Network.Add(m);
        };
        cluster.Tick(60);
        Assert.Equal(2, snapshots);
        Assert.Equal(cluster[1].Applied.Hash, cluster[3].Applied.Hash);
    }

    [Fact]
    public void A_snapshot_of_what_is_committed_here_changes_nothing()
    {
        RaftGroup follower = Member(2, [1, 1, 2], commit: 2);
        follower.TakeReady();
        follower.Step(Snapshot(2, 2, 1));
        Ready ready = follower.TakeReady();
        Assert.Null(ready.SnapshotToInstall);
        Assert.Equal(new LogIndex(2), Assert.IsType<AppendEntriesReply>(Assert.Single(ready.MessagesAfterFlush)).Index);
        Assert.Equal("1 1 2", follower.Terms());
    }

    [Fact]
    public void A_snapshot_whose_last_entry_is_here_keeps_what_comes_after()
    {
        RaftGroup follower = Member(2, [1, 1, 2]);
        follower.Step(Snapshot(2, 2, 1));
        Assert.Null(follower.TakeReady().SnapshotToInstall);
        Assert.Equal("1 1 2", follower.Terms());
        Assert.Equal(new LogIndex(2), follower.CommitIndex);
    }

    [Fact]
    public void A_snapshot_of_another_history_takes_the_place_of_the_log()
    {
        RaftGroup follower = Member(2, [1, 1, 1]);
        follower.Step(Snapshot(2, 3, 2));
        RaftSnapshot snapshot = follower.TakeReady().SnapshotToInstall!;
        follower.OnSnapshotInstalled(snapshot);
        Assert.Equal("", follower.Terms());
        Assert.Equal((new LogIndex(3), new LogIndex(3), new LogIndex(3)), (follower.CompactedIndex, follower.CommitIndex, follower.LastIndex));
        follower.Drain();
        follower.Step(Append(2, 2, 3, 2, 4, 2));
        Assert.True(((AppendEntriesReply)Assert.Single(follower.Drain())).Success);
    }

    [Fact]
    public void An_append_that_comes_while_a_snapshot_waits_is_not_acknowledged()
    {
        // Delayed, from before the leader compacted: the snapshot takes the place of what it adds.
        RaftGroup follower = Member(2, [2, 2], commit: 2);
        follower.Drain();
        follower.Step(Snapshot(2, 4, 2));
        follower.Step(Append(2, 2, 2, 2, 6, 2, 2, 2, 2));
        RaftSnapshot snapshot = follower.TakeReady().SnapshotToInstall!;
        follower.OnSnapshotInstalled(snapshot);
        AppendEntriesReply reply = Assert.IsType<AppendEntriesReply>(Assert.Single(follower.Drain()));
        Assert.Equal((true, new LogIndex(4)), (reply.Success, reply.Index));
        Assert.Equal(new LogIndex(4), follower.LastIndex);
    }

    [Fact]
    public void Only_applied_entries_are_compacted()
    {
        RaftGroup member = Member(2, [1, 1, 2], commit: 2);
        Assert.Throws<InvariantViolation>(() => member.Compact(new(1)));
        member.TakeReady();
        member.Compact(new(1));
        Assert.Equal(new LogIndex(1), member.CompactedIndex);
        Assert.Throws<InvariantViolation>(() => member.Compact(new(3)));
    }

    [Fact]
    public void Compaction_of_a_long_log_changes_nothing_but_its_beginning()
    {
        var cluster = new RaftCluster(3);
        cluster.Elect(1);
        for (int i = 0; i < 60; i++)
        {
            for (int j = 0; j < 100; j++) cluster.Propose(1, $"{i}.{j}");
            cluster.Settle();
            foreach (Member member in cluster.Members) member.Compact(new(member.Applied.Index.Value - 20));
        }

        cluster.Tick(10);
        cluster.Checker.CheckLogs();
        Assert.All(cluster.Members, m => Assert.Equal(6001ul, m.Applied.Index.Value));
        Assert.All(cluster.Members, m => Assert.Equal(m.Log.Entries.Sum(e => e.Payload.Length), m.Group.LogBytes));
    }

    [Fact]
    public void A_snapshot_that_comes_late_does_not_stop_the_leader_from_sending()
    {
        // The host took its time with the snapshot; meanwhile the follower caught up by other means.
        var cluster = new RaftCluster(3);
        cluster.Elect(1);
        cluster.Propose(1, "a");
        cluster.Tick(10);
        Member leader = cluster[1];
        leader.Group.SendSnapshot(new(3), new(leader.Applied.Index, leader.Applied.Term, cluster.Configuration, leader.Applied.Encode()));
        cluster.Settle();
        cluster.Propose(1, "b");
        cluster.Settle();
        // The answer to the snapshot is no news to the leader; it waits for SnapshotTicks and then goes on.
        cluster.Tick(cluster.Options.SnapshotTicks + cluster.Options.HeartbeatTicks);
        Assert.Equal(leader.Applied.Hash, cluster[3].Applied.Hash);
    }

    private static InstallSnapshot Snapshot(ulong term, ulong index, ulong indexTerm) =>
        new(new(2), new(1), new(term), new(new(index), new(indexTerm), new([new(1), new(2), new(3)], [], []), new byte[] { 1 }));

    // The third has nothing of what the first has compacted.
    private static RaftCluster WithOneBehind()
    {
        var cluster = new RaftCluster(3);
        cluster.Elect(1);
        cluster.Isolate(3);
        cluster.Propose(1, "a", "b", "c");
        cluster.Settle();
        cluster[1].Compact(cluster[1].Applied.Index);
        return cluster;
    }
}
