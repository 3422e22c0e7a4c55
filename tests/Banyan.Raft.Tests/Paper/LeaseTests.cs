using Banyan.Primitives;
using Banyan.Raft.Tests.Cluster;

namespace Banyan.Raft.Tests.Paper;

/// <summary>Leases on store liveness, and handing the office over.</summary>
public sealed class LeaseTests
{
    [Fact]
    public void A_leader_has_a_lease_when_a_majority_has_promised()
    {
        var cluster = new RaftCluster(3, liveness: true);
        cluster.Elect(1);
        cluster.Tick(10);
        Assert.True(cluster[1].Group.LeadSupportedUntil > cluster.Now);
        Assert.Equal(Timestamp.Zero, cluster[2].Group.LeadSupportedUntil);
    }

    [Fact]
    public void A_promise_is_durable_before_it_is_told()
    {
        var cluster = new RaftCluster(3, liveness: true);
        foreach (uint id in (uint[])[2, 3]) cluster[id].HoldsFlushes = true;
        cluster.Tick(5);
        cluster[1].Group.Campaign();
        for (int i = 0; i < 10 && cluster[1].Group.Role != RaftRole.Leader; i++)
        {
            foreach (Member member in cluster.Members) member.Flush();
            cluster.Settle();
        }

        Assert.Equal(RaftRole.Leader, cluster[1].Group.Role);
        // The promises of s2 and s3 are under way to their disks.
        cluster.Settle();
        Assert.Equal(Timestamp.Zero, cluster[1].Group.LeadSupportedUntil);
        cluster[2].Flush();
        Assert.Equal((new ServerId(1), true), (cluster[2].Disk.HardState.Leader, cluster[2].Disk.HardState.SupportEpoch > 0));
        cluster.Settle();
        Assert.True(cluster[1].Group.LeadSupportedUntil > cluster.Now);
    }

    [Fact]
    public void Nobody_is_elected_while_a_lease_stands_and_somebody_is_soon_after()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            var cluster = new RaftCluster(3, liveness: true, seed: seed);
            cluster.Elect(1);
            cluster.Tick(10);
            cluster.Isolate(1);
            Timestamp until = cluster[1].Group.LeadSupportedUntil;
            int ticks = 0;
            while (!cluster.Up.Any(m => m.Id.Value != 1 && m.Group.Role == RaftRole.Leader))
            {
                cluster.Tick();
                Assert.True(++ticks < 60);
            }

            Assert.True(cluster.Now >= until);
            Assert.Equal(until, Timestamp.Max(until, cluster[1].Group.LeadSupportedUntil));
        }
    }

    [Fact]
    public void A_promise_outlasts_a_restart()
    {
        var cluster = new RaftCluster(3, liveness: true);
        cluster.Elect(1);
        cluster.Tick(10);
        cluster.Isolate(1);
        RestartAndCampaign(cluster, 2);
        Assert.Equal(RaftRole.Follower, cluster[2].Group.Role);
        Assert.True(cluster[1].Group.LeadSupportedUntil > cluster.Now);
    }

    [Fact]
    public void A_host_that_forgets_promises_lets_leases_overlap()
    {
        // The negative control of the one above.
        var cluster = new RaftCluster(3, liveness: true, faults: ClusterFaults.ForgetsPromise);
        cluster.Elect(1);
        cluster.Tick(10);
        cluster.Isolate(1);
        var violation = Assert.Throws<RaftViolation>(() =>
        {
            foreach (uint id in (uint[])[2, 3])
            {
                cluster[id].Crash();
                cluster[id].Start();
            }

            cluster[2].Group.Campaign();
            cluster.Settle();
        });
        Assert.Equal("leases disjoint", violation.Claim);
    }

    [Fact]
    public void A_transfer_does_not_wait_for_the_lease_to_end()
    {
        var cluster = new RaftCluster(3, liveness: true);
        cluster.Elect(1);
        cluster.Tick(10);
        Assert.True(cluster[1].Group.LeadSupportedUntil > cluster.Now);
        cluster[1].Group.TransferLeadership(new(3));
        Assert.Equal(Timestamp.Zero, cluster[1].Group.LeadSupportedUntil);
        cluster.Settle();
        Assert.Equal(RaftRole.Leader, cluster[3].Group.Role);
        cluster.Tick(5);
        Assert.True(cluster[3].Group.LeadSupportedUntil > cluster.Now);
    }

    [Fact]
    public void A_transfer_to_one_that_lags_does_nothing()
    {
        var cluster = new RaftCluster(3);
        cluster.Elect(1);
        cluster.Isolate(3);
        cluster.Propose(1, "a");
        cluster.Settle();
        cluster[1].Group.TransferLeadership(new(3));
        cluster[1].Group.TransferLeadership(new(1));
        cluster[1].Group.TransferLeadership(new(9));
        Assert.Equal(RaftRole.Leader, cluster[1].Group.Role);
    }

    [Fact]
    public void A_transfer_whose_message_is_lost_leaves_a_group_that_elects_again()
    {
        foreach (bool liveness in (bool[])[false, true])
        {
            var cluster = new RaftCluster(3, liveness: liveness);
            cluster.Elect(1);
            cluster.Tick(10);
            cluster[1].Group.TransferLeadership(new(2));
            cluster[1].Work();
            cluster.Network.Clear();
            cluster.Tick(60);
            Assert.Single(cluster.Up, m => m.Group.Role == RaftRole.Leader);
        }
    }

    [Fact]
    public void A_call_to_campaign_of_an_earlier_term_is_ignored()
    {
        var cluster = new RaftCluster(3);
        cluster.Elect(1);
        Term term = cluster[2].Group.Term;
        cluster[2].Step(new TimeoutNow(new(1), new(2), new(term.Value - 1)));
        Assert.Equal((RaftRole.Follower, term), (cluster[2].Group.Role, cluster[2].Group.Term));
    }

    private static void RestartAndCampaign(RaftCluster cluster, uint id)
    {
        foreach (uint other in (uint[])[2, 3])
        {
            cluster[other].Crash();
            cluster[other].Start();
        }

        cluster[id].Group.Campaign();
        cluster.Settle();
    }
}
