using Banyan.Primitives;
using Banyan.Raft.Tests.Cluster;
using Banyan.Raft.Tests.Paper;

namespace Banyan.Raft.Tests.Group;

/// <summary>Ten thousand idle groups must cost nothing.</summary>
[Collection(nameof(AloneCollection))]
public sealed class IdleTickTests
{
    [Fact]
    public void A_tick_of_an_idle_follower_allocates_nothing()
    {
        RaftGroup follower = Group();
        follower.Step(new AppendEntries(new(2), new(1), new(1), default, default, [], default));
        follower.Drain();
        Assert.True(follower.IsQuiet);
        Assert.Equal(0, Allocated(follower));
    }

    [Fact]
    public void A_tick_of_an_idle_leader_allocates_nothing()
    {
        RaftGroup leader = Group();
        leader.Elect();
        leader.Drain();
        foreach (ulong commit in (ulong[])[0, 1])
        {
            foreach (uint id in (uint[])[2, 3])
                leader.Step(new AppendEntriesReply(new(id), new(1), new(1), Success: true, new(1), default, default, new(commit), SupportEpoch: 1));
            leader.Drain();
        }

        Assert.True(leader.IsQuiet);
        Assert.Equal(0, Allocated(leader));
    }

    [Fact]
    public void A_tick_of_a_group_that_leads_nothing_new_sends_nothing()
    {
        RaftCluster cluster = Settled();
        List<RaftMessage> sent = [];
        cluster.Carrier = sent.Add;
        cluster.Tick(200);
        Assert.Empty(sent);
    }

    [Fact]
    public void A_quiet_group_is_not_quiet_when_there_is_something_to_do()
    {
        RaftCluster cluster = Settled();
        cluster.Propose(1, "a");
        Assert.False(cluster[1].Group.IsQuiet);
        cluster.Tick(10);
        Assert.True(cluster[1].Group.IsQuiet);
        cluster.Isolate(1);
        cluster.Microseconds += StoreLivenessFake.SupportMicroseconds * 2;
        Assert.False(cluster[1].Group.IsQuiet);
        Assert.False(cluster[2].Group.IsQuiet);
    }

    [Fact]
    public void A_group_with_heartbeats_of_its_own_is_never_quiet()
    {
        var cluster = new RaftCluster(3);
        cluster.Elect(1);
        cluster.Tick(10);
        Assert.All(cluster.Members, m => Assert.False(m.Group.IsQuiet));
    }

    private static RaftCluster Settled()
    {
        var cluster = new RaftCluster(3, liveness: true);
        cluster.Elect(1);
        cluster.Tick(30);
        return cluster;
    }

    private static RaftGroup Group() => new(
        new(), new(1), new([new(1), new(2), new(3)], [], []), RaftLogState.Empty, new Supported(), new(1));

    private sealed class Supported : IStoreLiveness
    {
        public bool Enabled => true;

        public bool IsOpen => true;

        public Timestamp Now => new(5);

        public (ulong Epoch, bool Supported) SupportFor(ServerId leader) => (1, leader == new ServerId(2));

        public (ulong Epoch, Timestamp Expiration) SupportFrom(ServerId follower) => (1, Timestamp.MaxValue);
    }

    private static long Allocated(RaftGroup group)
    {
        // Code that was not optimized yet boxes what it compares. It settles by itself; an allocation of ours never does.
        long allocated = long.MaxValue;
        for (int round = 0; round < 5000 && allocated > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            bool ready = false;
            for (int i = 0; i < 2000; i++)
            {
                group.Tick();
                ready |= group.HasReady;
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.False(ready);
        }

        return allocated;
    }
}
