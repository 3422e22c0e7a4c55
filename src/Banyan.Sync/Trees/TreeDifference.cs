using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Sync.World;

namespace Banyan.Sync.Trees;

/// <summary>
/// Makes of a transaction the operations that followers can do one after the other. Each is done to the shadow first, and
/// in the end the shadow must be what the mirror is: where it is not, or no order is found, the whole tree is told again.
/// </summary>
internal sealed class TreeDifference(SceneMirror mirror, GameFiles files, TreeShadow shadow, TouchedNodes touched, TreeLimits limits)
{
    private readonly List<ShadowNode> _removed = [];
    private readonly List<(ShadowNode Node, MirrorNode Now)> _moved = [];
    private readonly List<MirrorNode> _come = [];
    private readonly HashSet<NodeId> _fresh = [];
    private readonly Dictionary<NodeId, int> _ranks = [];

    private readonly ByteWriter _operations = new(256);

    /// <summary>How many operations there are.</summary>
    public int Count { get; private set; }

    /// <summary>Looks for the operations; false if there are none that would do, and then the shadow is good for nothing any more.</summary>
    public bool TryMake()
    {
        Classify();
        if (_moved.Count > limits.MovesMax) return false;
        Rank();
        _moved.Sort((a, b) => ByPlace(a.Now, b.Now));
        _come.Sort(ByPlace);
        if (!TryMoveAndRemove() || !TrySpawn()) return false;
        return TrySetProperties() && touched.Directories.All(IsAsMirrored);
    }

    /// <summary>What followers have to do: the array of operations, encoded.</summary>
    public byte[] Encode()
    {
        var writer = new ByteWriter(_operations.Length + 8);
        TreeMessage.WriteArrayHeader(writer, Count);
        writer.Raw(_operations.Written);
        return writer.ToArray();
    }

    private bool TryAppend(Variant operation)
    {
        Count++;
        VariantBinary.Encode(_operations, operation);
        return _operations.Length <= limits.MessageBytesMax;
    }

    private void Classify()
    {
        foreach (NodeId id in touched.Headers)
        {
            if (id == shadow.Root.Id) continue;
            MirrorNode? now = mirror.TryFind(id, out MirrorNode? node) && IsBelowRoot(node) ? node : null;
            if (!shadow.TryGet(id, out ShadowNode? was))
            {
                if (now is not null) _come.Add(now);
            }
            else if (now is null)
            {
                _removed.Add(was);
            }
            else if (was.Parent!.Id != now.Header!.Parent.Id || was.Name != now.Header.Name)
            {
                _moved.Add((was, now));
            }
        }
    }

    private bool IsBelowRoot(MirrorNode node)
    {
        for (int depth = 0; depth <= SceneTransaction.DepthMax && !node.Header!.IsRoot; depth++)
        {
            if (node.Header.Parent.Id == shadow.Root.Id) return true;
            if (mirror[node.Header.Parent] is not { } parent) return false;
            node = parent;
        }

        return false;
    }

    // Where those that come to a parent stand among its children: the first is to come first.
    private void Rank()
    {
        var parents = new SortedSet<NodeId>();
        foreach (MirrorNode node in _moved.Select(m => m.Now).Concat(_come)) parents.Add(node.Header!.Parent.Id);
        foreach (NodeId id in parents)
        {
            if (!mirror.TryFind(id, out MirrorNode? parent)) continue;
            for (int i = 0; i < parent.Children.Count; i++) _ranks[parent.Children[i].Id] = i;
        }
    }

    private int ByPlace(MirrorNode a, MirrorNode b)
    {
        int byParent = a.Header!.Parent.Id.CompareTo(b.Header!.Parent.Id);
        return byParent != 0 ? byParent : _ranks.GetValueOrDefault(a.Id).CompareTo(_ranks.GetValueOrDefault(b.Id));
    }

    // A move may need a name that a removal frees, a removal has to wait for what moves out from below.
    private bool TryMoveAndRemove()
    {
        while (_moved.Count + _removed.Count > 0)
        {
            if (_moved.RemoveAll(m => TryMove(m.Node, m.Now)) == 0 && !TryRemove()) return false;
            if (_operations.Length > limits.MessageBytesMax) return false;
        }

        return true;
    }

    private bool TryMove(ShadowNode node, MirrorNode now)
    {
        if (!shadow.TryGet(now.Header!.Parent.Id, out ShadowNode? parent)) return false;
        string from = node.Path;
        if (!TreeShadow.TryMove(node, parent, now.Header.Name)) return false;
        TryAppend(TreeMessage.Move(from, parent.Path, now.Header.Name));
        return true;
    }

    private bool TryRemove()
    {
        var tops = new HashSet<ShadowNode>(_removed);
        return _removed.RemoveAll(node =>
        {
            // It went with what stood above it.
            if (!shadow.TryGet(node.Id, out ShadowNode? there) || there != node) return true;
            for (ShadowNode? above = node.Parent; above is not null; above = above.Parent)
            {
                if (tops.Contains(above)) return false;
            }

            if (_moved.Exists(m => m.Node.IsAtOrBelow(node))) return false;
            TryAppend(TreeMessage.Remove(node.Path));
            shadow.Remove(node);
            return true;
        }) > 0;
    }

    private bool TrySpawn()
    {
        foreach (MirrorNode top in _come)
        {
            // With what comes above it.
            if (_fresh.Contains(top.Id) || !shadow.TryGet(top.Header!.Parent.Id, out ShadowNode? parent)) continue;
            var above = new Stack<ShadowNode>([parent]);
            foreach ((MirrorNode node, int depth) in mirror.Walk(top))
            {
                while (above.Count > depth + 1) above.Pop();
                if (shadow.Count >= limits.NodesMax) return false;
                if (!shadow.TryAdd(above.Peek(), node.Id, node.Header!.Name, out ShadowNode? added)) return false;
                _fresh.Add(node.Id);
                if (!TryAppend(TreeMessage.Spawn(above.Peek().Path, node, files, TreeMessage.PropertiesOf(node, added)))) return false;
                above.Push(added);
            }
        }

        return _come.TrueForAll(node => _fresh.Contains(node.Id));
    }

    private bool TrySetProperties()
    {
        foreach ((NodeId id, SortedSet<string> names) in touched.Properties)
        {
            if (_fresh.Contains(id) || !shadow.TryGet(id, out ShadowNode? told) || !mirror.TryFind(id, out MirrorNode? node)) continue;
            var pairs = new List<KeyValuePair<Variant, Variant>>();
            foreach (string name in names)
            {
                if (node.Properties.TryGetValue(name, out byte[]? stored) && PlainProperty.TryGet(name, stored, out Variant value))
                {
                    told.Tell(name);
                    pairs.Add(new(name, value));
                }
                else if (told.Untell(name))
                {
                    pairs.Add(new(name, Variant.Nil));
                }
            }

            if (pairs.Count > 0 && !TryAppend(TreeMessage.Set(told.Path, VariantDictionary.Of([.. pairs])))) return false;
        }

        return true;
    }

    private bool IsAsMirrored(NodeId id)
    {
        if (!shadow.TryGet(id, out ShadowNode? told)) return true;
        if (!mirror.TryFind(id, out MirrorNode? node) || node.Children.Count != told.Children.Count) return false;
        for (int i = 0; i < told.Children.Count; i++)
        {
            if (told.Children[i].Id != node.Children[i].Id || told.Children[i].Name != mirror[node.Children[i]]?.Header!.Name) return false;
        }

        return true;
    }
}
