using System.Diagnostics.CodeAnalysis;
using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Sync.Peers;
using Banyan.Sync.World;

namespace Banyan.Sync.Trees;

/// <summary>One subtree that clients of this server follow, all of them by the same shadow: what they have to hear is made once.</summary>
internal sealed class FollowedTree
{
    private readonly GameWorld _world;
    private readonly TreeLimits _limits;
    private readonly HashSet<NodeId> _above = []; // the root and all above it
    private readonly List<(TreeSession Session, long Id)> _followers = [];
    private NodeHeader _header;
    private TreeShadow _shadow;
    private byte[]? _nodes; // of the tree as it is, until it changes

    private FollowedTree(GameWorld world, TreeLimits limits, MirrorNode root, TreeImage image)
    {
        _world = world;
        _limits = limits;
        _header = root.Header!;
        Root = root.Id;
        (_shadow, _nodes) = (image.Shadow, image.Nodes);
        NotePath();
    }

    /// <summary>Its root.</summary>
    public NodeId Root { get; }

    /// <summary>Where its root is, from /root.</summary>
    public string Path { get; private set; } = "";

    /// <summary>Nodes.</summary>
    public int Count => _shadow.Count;

    public bool HasFollowers => _followers.Count > 0;

    /// <summary>Looks at a subtree that nobody follows yet; false with the reason if it is too large.</summary>
    public static bool TryMake(GameWorld world, TreeLimits limits, MirrorNode root, [NotNullWhen(true)] out FollowedTree? tree, out string why)
    {
        bool isMade = TreeImage.TryMake(world.Tree, root, world.Files, limits, out TreeImage? image, out why);
        tree = isMade ? new(world, limits, root, image!) : null;
        return isMade;
    }

    /// <summary>Tells one more of it; false with the reason if it has become too large to be told at once.</summary>
    public bool TryAdd(TreeSession session, long id, out string why)
    {
        why = "";
        if (_nodes is null)
        {
            Invariant.Holds(_world.Tree.TryFind(Root, out MirrorNode? root), "what is gone is not followed");
            if (!TreeImage.TryMake(_world.Tree, root, _world.Files, _limits, out TreeImage? image, out why)) return false;
            _nodes = image.Nodes;
        }

        _followers.Add((session, id));
        session.SendTree(id, _nodes);
        return true;
    }

    public void Remove(TreeSession session, long id) => _followers.Remove((session, id));

    /// <summary>Tells the followers of a transaction; false with the reason if they cannot follow any more.</summary>
    public bool TryTake(TouchedNodes touched, GameRules rules, out string why)
    {
        why = "";
        bool isToldAgain = false;
        if (touched.Headers.Any(_above.Contains) && !TryFindRoot(rules, out isToldAgain, out why)) return false;
        if (!isToldAgain && !touched.Touches(_shadow)) return true;
        var difference = new TreeDifference(_world.Tree, _world.Files, _shadow, touched, _limits);
        if (isToldAgain || !difference.TryMake()) return TryTellAgain(out why);
        if (difference.Count == 0) return true;
        _nodes = null;
        byte[] operations = difference.Encode();
        foreach ((TreeSession session, long id) in _followers) session.SendChanges(id, operations);
        return true;
    }

    /// <summary>Tells the followers that they follow it no more.</summary>
    public void Lose(string why)
    {
        foreach ((TreeSession session, long id) in _followers) session.Lose(id, why);
    }

    private bool TryTellAgain(out string why)
    {
        Invariant.Holds(_world.Tree.TryFind(Root, out MirrorNode? root), "what is gone is not followed");
        if (!TreeImage.TryMake(_world.Tree, root, _world.Files, _limits, out TreeImage? image, out why)) return false;
        (_shadow, _nodes) = (image.Shadow, image.Nodes);
        foreach ((TreeSession session, long id) in _followers) session.SendTree(id, _nodes);
        return true;
    }

    // The root, or something above it, has moved or is gone.
    private bool TryFindRoot(GameRules rules, out bool hasMoved, out string why)
    {
        hasMoved = false;
        why = "it is gone";
        if (_world.PathOf(Root) is null || !_world.Tree.TryFind(Root, out MirrorNode? root)) return false;
        hasMoved = root.Header!.Parent.Id != _header.Parent.Id || root.Header.Name != _header.Name;
        _header = root.Header;
        NotePath();
        why = $"it is at {Path} now, and that is not for clients";
        return rules.AccessTo(Path) != TreeAccess.None;
    }

    private void NotePath()
    {
        _above.Clear();
        _world.Tree.TryFind(Root, out MirrorNode? node);
        Path = _world.Tree.PathOf(node!);
        for (; node is not null; node = node.Header!.IsRoot ? null : _world.Tree[node.Header.Parent]) _above.Add(node.Id);
    }
}
