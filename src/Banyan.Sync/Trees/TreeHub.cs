using System.Diagnostics.CodeAnalysis;
using Banyan.Kv.Ranges;
using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Sync.Peers;
using Banyan.Sync.World;

namespace Banyan.Sync.Trees;

/// <summary>The subtrees that clients of this server follow.</summary>
/// <param name="world">The world that they see; it takes a transaction before <see cref="Apply"/> does.</param>
/// <param name="rules">What may be followed and changed.</param>
/// <param name="peers">Bounds on values that clients send.</param>
/// <param name="limits">How much may be followed and changed.</param>
public sealed class TreeHub(GameWorld world, GameRules rules, PeerLimits peers, TreeLimits limits)
{
    private readonly SortedDictionary<NodeId, FollowedTree> _trees = [];
    private readonly List<TreeSession> _sessions = [];

    /// <summary>Subtrees that are followed.</summary>
    public int TreesCount => _trees.Count;

    internal GameWorld World => world;

    internal GameRules Rules => rules;

    internal PeerLimits Peers => peers;

    internal TreeLimits Limits => limits;

    /// <summary>Everything at or below this timestamp has been told.</summary>
    internal Timestamp Resolved { get; private set; }

    /// <summary>A client has come.</summary>
    public TreeSession Add(ITreeEdge edge)
    {
        var session = new TreeSession(this, edge);
        _sessions.Add(session);
        return session;
    }

    /// <summary>The world has taken a transaction: tells the followers.</summary>
    public void Apply(ReadOnlySpan<VersionEvent> changes)
    {
        if (_trees.Count == 0) return;
        var touched = new TouchedNodes(changes);
        if (touched.IsEmpty) return;
        foreach (FollowedTree tree in _trees.Values.ToList())
        {
            if (tree.TryTake(touched, rules, out string why)) continue;
            _trees.Remove(tree.Root);
            tree.Lose(why);
        }
    }

    /// <summary>All transactions at or below a timestamp have been taken: what waited for that is answered.</summary>
    public void OnResolved(Timestamp timestamp)
    {
        Resolved = timestamp;
        foreach (TreeSession session in _sessions) session.Answer();
    }

    /// <summary>Time has passed: tries once more to learn what became of a change.</summary>
    public void Tick()
    {
        foreach (TreeSession session in _sessions) session.Tick();
    }

    internal void Forget(TreeSession session) => _sessions.Remove(session);

    internal bool TryFollow(TreeSession session, long id, string path, [NotNullWhen(true)] out FollowedTree? tree, out string why)
    {
        tree = null;
        why = "it is not for clients";
        if (rules.AccessTo(path) == TreeAccess.None) return false;
        why = "there is no such node";
        if (!world.Tree.TryFind(path, out MirrorNode? root)) return false;
        bool isNew = !_trees.TryGetValue(root.Id, out tree);
        if (isNew)
        {
            if (!FollowedTree.TryMake(world, limits, root, out tree, out why)) return false;
            why = "too much is followed on this server";
            if (_trees.Values.Sum(t => t.Count) + tree.Count > limits.NodesOfAllMax) return false;
        }

        if (!tree!.TryAdd(session, id, out why)) return false;
        if (isNew) _trees.Add(root.Id, tree);
        return true;
    }

    internal void Unfollow(TreeSession session, long id, FollowedTree tree)
    {
        tree.Remove(session, id);
        if (!tree.HasFollowers) _trees.Remove(tree.Root);
    }
}
