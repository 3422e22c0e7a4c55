using Banyan.Bench.World;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Xunit;

namespace Banyan.Bench.Tests.World;

public sealed class GeneratedWorldTests
{
    [Fact]
    public void The_batches_spawn_every_node_once_each_zone_under_a_name_of_its_own()
    {
        GeneratedWorld world = GeneratedWorld.OfAbout(nodes: 1000, zones: 7);
        SpawnOperation[] spawns = [.. world.Batches(nodesMax: 300).SelectMany(b => b).Cast<SpawnOperation>()];
        Assert.Equal(7, spawns.Length);
        Assert.Equal(world.Nodes, spawns.Sum(s => s.Template.Nodes.Count));
        Assert.InRange(world.Nodes, 1000, 1006);
        Assert.Equal(7, spawns.Select(s => s.Template.Nodes[0].Name).Distinct().Count());
        for (int i = 0; i < 7; i++)
        {
            Assert.Equal(GeneratedWorld.ZoneAt(i), spawns[i].Template.Nodes[0].Zone);
            Assert.Equal(GeneratedWorld.PathOf(i), ScenePath.Join(ScenePath.Root, spawns[i].Template.Nodes[0].Name));
        }
    }

    [Fact]
    public void A_batch_has_no_more_nodes_than_it_may_unless_one_zone_has_more()
    {
        var world = new GeneratedWorld(Zones: 10, NodesPerZone: 30);
        Assert.Equal([90, 90, 90, 30], world.Batches(nodesMax: 100).Select(b => b.Cast<SpawnOperation>().Sum(s => s.Template.Nodes.Count)));
        Assert.Equal(10, world.Batches(nodesMax: 20).Count());
    }

    [Fact]
    public void Nodes_have_four_properties_that_can_be_read()
    {
        var world = new GeneratedWorld(Zones: 1, NodesPerZone: 3);
        SceneTemplate template = ((SpawnOperation)world.Batches().Single().Single()).Template;
        Assert.All(template.Nodes.Skip(1), node =>
        {
            Assert.Equal(0, node.ParentNumber);
            Assert.Equal(4, node.Properties.Count);
            Assert.All(node.Properties, p => Assert.True(PropertyValue.TryDecode(p.Value, out _)));
        });
    }

    [Theory]
    [InlineData(64, 8)]
    [InlineData(1000, 1000)]
    [InlineData(7, 3)]
    public void Cuts_give_each_range_about_as_many_zones(int zones, int ranges)
    {
        var world = new GeneratedWorld(zones, NodesPerZone: 1);
        Key[] cuts = [.. world.Cuts(ranges)];
        Assert.Equal(ranges - 1, cuts.Length);
        int[] rangeOf = [.. Enumerable.Range(0, zones).Select(i => cuts.Count(c => c <= SceneKeys.Start(GeneratedWorld.ZoneAt(i))))];
        int[] sizes = [.. rangeOf.CountBy(r => r).Select(p => p.Value)];
        Assert.Equal(ranges, sizes.Length);
        Assert.InRange(sizes.Max() - sizes.Min(), 0, 1);
    }
}
