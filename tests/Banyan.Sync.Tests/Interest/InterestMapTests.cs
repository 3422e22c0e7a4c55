using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Sync.Interest;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Tests.Interest;

/// <summary>How often it is looked at where everything is.</summary>
public sealed class InterestMapTests
{
    private const int Nodes = 100;
    private readonly SmallCluster _cluster = new();
    private readonly InterestMap _map;
    private Timestamp _now = Timestamp.FromMicroseconds(1_000_000);

    public InterestMapTests()
    {
        for (int i = 0; i < Nodes; i++) _cluster.Do(_cluster.Spawn("/root/Main/Players", Game.Player, $"P{i}"));
        InterestRules rules = InterestTests.Rules("""{ "from": "/root/Main/Players/{peer}", "within": { "/root/Main/Players": 40 } }""");
        _map = new(rules, _cluster.World, new(), PeerLimits.Default);
    }

    [Fact]
    public void Few_are_looked_at_four_times_a_second()
    {
        for (int peer = 2; peer < 12; peer++) _map.AddViewer(peer);
        Assert.True(_map.Update(_now));
        Assert.Equal(250_000, UntilTheNextLook());
    }

    [Fact]
    public void Who_sees_whom_in_a_crowd_is_looked_at_less_often_the_more_pairs_there_are()
    {
        // Without a node of its own each of them sees all.
        for (int peer = 2; peer < 4_002; peer++) _map.AddViewer(peer);
        Assert.True(_map.Update(_now));
        Assert.Equal(4_000 * Nodes, UntilTheNextLook());
        for (int peer = 2; peer < 1_002; peer++) _map.RemoveViewer(peer);
        _map.Update(_now = _now.Add(400_000));
        Assert.Equal(3_000 * Nodes, UntilTheNextLook());
    }

    // In microseconds; it has just been looked.
    private long UntilTheNextLook()
    {
        const long Step = 1_000;
        for (long waited = Step; waited < 10_000_000; waited += Step)
        {
            if (!_map.Update(_now.Add(waited))) continue;
            _now = _now.Add(waited);
            return waited;
        }

        return -1;
    }
}
