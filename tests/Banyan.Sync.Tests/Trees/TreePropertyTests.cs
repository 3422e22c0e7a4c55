using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Sync.Trees;
using static Banyan.Sync.Tests.Trees.TreeClient;

namespace Banyan.Sync.Tests.Trees;

/// <summary>Whatever transactions do to the tree: followers who only do what they are told have it as it is, after each of them.</summary>
public sealed class TreePropertyTests
{
    private static readonly string[] _names = ["A", "B", "C", "D", "E"];
    private static readonly string[] _followed = ["/root/Main", "/root/Main/Board", "/root/Main/Board/A", "/root/Main/Other"];

    [Theory]
    [InlineData(1, 6)]
    [InlineData(2, 2)]
    [InlineData(3, 12)]
    public void Followers_have_the_tree_as_it_is_after_every_transaction(int seed, int operationsMax)
    {
        var random = new SeededRandom((ulong)seed);
        var cluster = new SmallCluster();
        var client = new TreeClient(cluster, HubOf(cluster, """{ "/root/Main": "read" }"""));
        cluster.Do(Plain("/root/Main", "Board"), Plain("/root/Main", "Other"), Plain("/root/Main/Board", "A"), Plain("/root", "Outside"));
        var followers = new TreeFollower[_followed.Length];
        var roots = new MirrorNode?[_followed.Length];
        int made = 0, trees = 0, changes = 0;
        for (int step = 0; step < 250; step++)
        {
            for (int i = 0; i < _followed.Length; i++)
            {
                if (followers[i]?.Root is null)
                {
                    (trees, changes) = (trees + (followers[i]?.TreesCount ?? 0), changes + (followers[i]?.ChangesCount ?? 0));
                    roots[i] = cluster.Hub.World.Tree.TryFind(_followed[i], out MirrorNode? root) ? root : null;
                    followers[i] = client.Follow(i, _followed[i]);
                    Assert.Equal(roots[i] is null, followers[i].Root is null);
                }
            }

            // So that there is always something to commit.
            var count = new SetPropertiesOperation(NodeRef.Of(NodeId.Root), [new("step", PropertyValue.Encode(step))]);
            if (cluster.Try([count, .. Enumerable.Range(0, 1 + random.Next(operationsMax)).Select(_ => Operation(cluster.World.Tree, random))]) is null) continue;
            made++;
            for (int i = 0; i < followers.Length; i++)
            {
                if (roots[i] is null) continue;
                string? now = cluster.World.PathOf(roots[i]!.Id);
                if (now is null || (now != "Main" && !now.StartsWith("Main/", StringComparison.Ordinal)))
                {
                    Assert.NotNull(followers[i].Lost);
                    continue;
                }

                // In another zone it is another record.
                Assert.True(cluster.World.Tree.TryFind(roots[i]!.Id, out MirrorNode? root));
                Assert.Equal("", Difference(followers[i].Root!, cluster.World.Tree, root));
            }
        }

        foreach (TreeFollower follower in followers) (trees, changes) = (trees + follower.TreesCount, changes + follower.ChangesCount);
        Assert.True(made > 50 && changes > trees, $"{made} made, {changes} changes, {trees} trees");
    }

    private static SceneOperation Operation(SceneMirror tree, SeededRandom random)
    {
        // Of those that clients may see, and of one beside them.
        MirrorNode[] all = [.. tree.Walk(tree.Root!).Skip(1).Select(n => n.Node).Where(n => n.Header!.Name.Length == 1 || n.Header.Name is "Board" or "Other" or "Outside")];
        MirrorNode node = all[random.Next(all.Length)], other = all[random.Next(all.Length)];
        NodeRef one = NodeRef.Of(node.Id);
        string name = _names[random.Next(_names.Length)];
        bool isTop = node.Header!.Name.Length > 1;
        switch (random.Next(12))
        {
            case 0 when !isTop || random.Chance(0.05):
                return new DespawnOperation(one);
            case 1 or 2:
                return new SpawnOperation(one, new([Template(-1, name), Template(0, "A"), Template(0, "B"), Template(2, "A")]));
            case 3:
                return Plain(tree.PathOf(node), name, ("x", random.Next(5)));
            case 4 when !isTop:
                return new RenameOperation(one, name);
            case 5 or 6 when !isTop:
                return new ReparentOperation(one, NodeRef.Of(other.Id), random.Chance(0.5) ? name : null);
            case 7:
                return new ReorderOperation(one, random.Chance(0.5) ? 0 : -1);
            case 8 when !isTop:
                return new MoveZoneOperation(one, new((uint)random.Next(4)));
            case 9:
                return new SetAuthorityOperation(one, random.Next(5) + 1);
            default:
                return new SetPropertiesOperation(one, [new(random.Chance(0.5) ? "x" : "y", Value(random)), new("script", Value(random))]);
        }
    }

    private static TemplateNode Template(int parent, string name) =>
        new(parent, name, "Node", "", [], 0, null, [new("x", PropertyValue.Encode(parent))], []);

    private static byte[]? Value(SeededRandom random) => random.Next(5) switch
    {
        0 => null,
        1 => PropertyValue.Encode(Variant.Nil),
        2 => PropertyValue.Encode(Variant.FromObject(new ResourceRef("res://a.png"))),
        3 => PropertyValue.Encode(new VariantArray([1, Variant.FromObject(new ResourceRef("res://a.png"))])),
        _ => PropertyValue.Encode(random.Next(3)),
    };
}
