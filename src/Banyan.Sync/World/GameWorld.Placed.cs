using Banyan.Kv.Ranges;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.Sync.World;

/// <content>Nodes that clients have from their scene files, and those of them that they are not to have any more.</content>
public sealed partial class GameWorld
{
    private readonly Dictionary<NodeId, string[]> _missing = []; // of instances that somebody has asked for

    /// <summary>Paths below an instance of a scene at which the scene has a node and the tree has none; the topmost ones.</summary>
    public IReadOnlyList<string> MissingOf(NodeId instance)
    {
        if (_missing.TryGetValue(instance, out string[]? missing)) return missing;
        missing = _mirror.TryFind(instance, out MirrorNode? node) && node.Header!.Instance.Length > 0 && files.TryGetScene(node.Header.Instance, out GameScene? scene)
            ? [.. Missing(node, scene)]
            : [];
        _missing.Add(instance, missing);
        return missing;
    }

    /// <summary>The scenes that every client opens by itself.</summary>
    public IEnumerable<NodeId> OpenScenes => _mirror.Root is { } root ? root.Children.Select(child => child.Id) : [];

    /// <summary>The path of a node below another one that it hangs below; from /root, as packets have it, below that.</summary>
    public string PathBelow(NodeId above, NodeId node)
    {
        (string path, string top) = (PathOf(node)!, PathOf(above)!);
        return top == "." ? path : path == top ? "." : path[(top.Length + 1)..];
    }

    private IEnumerable<string> Missing(MirrorNode instance, GameScene scene)
    {
        var there = new MirrorNode?[scene.Expanded.Nodes.Length];
        there[0] = instance;
        for (int i = 1; i < there.Length; i++)
        {
            if (there[scene.Expanded.Nodes[i].Parent] is not { } parent) continue;
            there[i] = _mirror.ChildOf(parent, scene.Expanded.Nodes[i].Name);
            if (there[i] is null) yield return scene.Expanded.PathOf(i);
        }
    }

    private void ForgetMissing(SortedDictionary<NodeId, NodeHeader?> before)
    {
        if (_missing.Count == 0) return;
        foreach ((NodeId id, NodeHeader? was) in before)
        {
            _missing.Remove(id);
            if (was is not null) ForgetMissingAbove(was.Parent);
            if (_mirror.TryFind(id, out MirrorNode? node)) ForgetMissingAbove(node.Header!.Parent);
        }
    }

    private void ForgetMissingAbove(NodePlace place)
    {
        MirrorNode? above = _mirror[place];
        for (int depth = 0; above is not null && depth <= SceneTransaction.DepthMax; depth++)
        {
            _missing.Remove(above.Id);
            above = above.Header!.IsRoot ? null : _mirror[above.Header.Parent];
        }
    }

    // Nodes of scenes that these changes may take from where they are: as they are now, before the changes.
    private List<(TakenNode Node, NodeHeader Header)> Leaving(ReadOnlySpan<VersionEvent> changes)
    {
        var leaving = new List<(TakenNode, NodeHeader)>();
        foreach (VersionEvent one in changes)
        {
            if (!SceneKeys.TryParse(one.Key, out SceneKey key) || key.Kind != RecordKind.Header) continue;
            if (!_mirror.TryFind(key.Node.Id, out MirrorNode? node) || _spawned.ContainsKey(node.Id)) continue;
            if (one.Value is not null && NodeHeader.TryDecode(one.Value, out NodeHeader header) && IsSamePlace(header, node.Header!)) continue;
            if (!IsInTree(node) || !IsPlaced(node) || AnchorOf(node.Id) is not { IsNone: false } anchor) continue;
            leaving.Add((new(node.Id, PathOf(node.Id)!, anchor, PathBelow(anchor, node.Id)), node.Header!));
        }

        return leaving;
    }

    private void NoteTaken(List<(TakenNode Node, NodeHeader Header)> leaving, WorldChange change)
    {
        foreach ((TakenNode taken, NodeHeader was) in leaving.OrderBy(l => l.Node.Path.Length))
        {
            bool stays = _mirror.TryFind(taken.Node, out MirrorNode? node) && IsInTree(node) && IsSamePlace(node.Header!, was);
            if (stays || change.Taken.Any(above => taken.Path == above.Path || taken.Path.StartsWith(above.Path + "/", StringComparison.Ordinal))) continue;
            change.Taken.Add(taken);
        }
    }

    private static bool IsSamePlace(NodeHeader one, NodeHeader other) => one.Parent.Id == other.Parent.Id && one.Name == other.Name;

    // Whether clients have it from the scene file that it is part of.
    private bool IsPlaced(MirrorNode node)
    {
        string path = node.Header!.Name;
        MirrorNode? above = _mirror[node.Header.Parent];
        for (int depth = 0; above is not null && depth <= SceneTransaction.DepthMax; depth++)
        {
            if (above.Header!.Instance.Length > 0 && files.TryGetScene(above.Header.Instance, out GameScene? scene) && scene.HasNode(path)) return true;
            path = above.Header.Name + "/" + path;
            above = above.Header.IsRoot ? null : _mirror[above.Header.Parent];
        }

        return false;
    }
}
