using System.Diagnostics.CodeAnalysis;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Tree;
using Banyan.Sync.World;

namespace Banyan.Sync.Trees;

/// <summary>A whole subtree, as followers are told of it, and what they have then.</summary>
internal sealed class TreeImage
{
    private TreeImage(TreeShadow shadow, byte[] nodes)
    {
        Shadow = shadow;
        Nodes = nodes;
    }

    public TreeShadow Shadow { get; }

    /// <summary>The array of nodes, encoded.</summary>
    public byte[] Nodes { get; }

    /// <summary>Looks at a subtree; false with the reason if it is too large.</summary>
    public static bool TryMake(
        SceneMirror mirror, MirrorNode root, GameFiles files, TreeLimits limits, [NotNullWhen(true)] out TreeImage? image, out string why)
    {
        image = null;
        why = "";
        var shadow = new TreeShadow(root.Id);
        var writer = new ByteWriter(1024);
        TreeMessage.WriteArrayHeader(writer, 0);
        var above = new Stack<ShadowNode>();
        foreach ((MirrorNode node, int depth) in mirror.Walk(root))
        {
            while (above.Count > depth) above.Pop();
            ShadowNode? told = shadow.Root;
            if (depth > 0) Invariant.Holds(shadow.TryAdd(above.Peek(), node.Id, node.Header!.Name, out told), "siblings have names of their own");
            above.Push(told!);
            VariantBinary.Encode(writer, TreeMessage.Node(told!.Path, node, files, TreeMessage.PropertiesOf(node, told)));
            if (shadow.Count > limits.NodesMax) why = $"it has more than {limits.NodesMax} nodes";
            else if (writer.Length > limits.MessageBytesMax) why = $"it has more than {limits.MessageBytesMax} bytes";
            if (why.Length > 0) return false;
        }

        byte[] nodes = writer.ToArray();
        var header = new ByteWriter(8);
        TreeMessage.WriteArrayHeader(header, shadow.Count);
        header.Written.CopyTo(nodes);
        image = new(shadow, nodes);
        return true;
    }
}
