using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Tests;

/// <summary>What came before its time: held for a while, and then no longer.</summary>
public class HeldCallsTests
{
    private static readonly NodeId _nowhere = new(12_345);

    [Fact]
    public void A_call_about_a_node_that_never_comes_does_not_take_along_what_came_behind_it()
    {
        var cluster = new SmallCluster();
        var to = new TestClient(cluster, 7);
        _ = new TestClient(cluster, 8);
        Assert.True(cluster.Hub.Deliver(new(8, 7, _nowhere, new byte[] { 0 }, Number: 1), At(1)));
        Assert.True(cluster.Hub.Deliver(new(8, 7, NodeId.None, new byte[] { 42 }, Number: 2, Previous: 1), At(3)));
        Assert.Equal(0, cluster.Hub.Tick(At(5)));
        Assert.DoesNotContain("8 #2", to.Messages);
        Assert.Equal(1, cluster.Hub.Tick(At(6)));
        Assert.Contains("8 #2", to.Messages);
        Assert.Equal(0, cluster.Hub.HeldCount);
    }

    [Fact]
    public void Nothing_is_kept_of_a_peer_that_has_gone_before_its_message_came()
    {
        var cluster = new SmallCluster();
        var to = new TestClient(cluster, 7);
        Assert.True(cluster.Hub.Deliver(new(8, 7, NodeId.None, new byte[] { 42 }, Number: 1), At(1)));
        Assert.Equal(1, cluster.Hub.Tick(At(6)));
        Assert.DoesNotContain(8, to.Session.Arrivals.Sources);
    }

    [Fact]
    public void A_state_of_no_synchronizer_is_forgotten_if_it_still_is_none_at_the_next_look()
    {
        var live = new LiveTable();
        live.Put(_nowhere, 0, [1]);
        live.Prune(At(10), _ => false);
        Assert.NotNull(live[_nowhere]);
        live.Prune(At(20), _ => false);
        Assert.Null(live[_nowhere]);
    }

    [Fact]
    public void Numbers_of_nodes_begin_above_those_that_clients_give() => Assert.Equal(NetIds.First, new NetIds().Of(_nowhere));

    private static Timestamp At(long seconds) => Timestamp.FromMicroseconds(seconds * 1_000_000);
}
