using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Tree;
using Banyan.Sync.World;

namespace Banyan.Sync.Trees;

/// <summary>What a gateway says of followed trees: docs/godot-sessions.md. The large part is encoded once for all followers.</summary>
internal static class TreeMessage
{
    private const string NoClass = "Node";

    public static void WriteTree(ByteWriter writer, long id, ReadOnlySpan<byte> nodes) => Write(writer, "tree", id, nodes);

    public static void WriteChanges(ByteWriter writer, long id, ReadOnlySpan<byte> operations) => Write(writer, "changes", id, operations);

    public static void WriteDone(ByteWriter writer, long id, long request, string error) =>
        VariantBinary.Encode(writer, new VariantArray(["done", id, request, error]));

    public static void WriteLost(ByteWriter writer, long id, string reason) =>
        VariantBinary.Encode(writer, new VariantArray(["lost", id, reason]));

    /// <summary>The start of an Array, its items follow.</summary>
    public static void WriteArrayHeader(ByteWriter writer, int count)
    {
        writer.UInt32((uint)VariantType.Array);
        writer.UInt32((uint)count);
    }

    public static Variant Spawn(string parent, MirrorNode node, GameFiles files, VariantDictionary properties) =>
        new VariantArray(["spawn", parent, node.Header!.Name, TypeOf(node, files), properties]);

    public static Variant Remove(string path) => new VariantArray(["remove", path]);

    public static Variant Set(string path, VariantDictionary properties) => new VariantArray(["set", path, properties]);

    public static Variant Move(string path, string parent, string name) => new VariantArray(["move", path, parent, name]);

    public static Variant Node(string path, MirrorNode node, GameFiles files, VariantDictionary properties) =>
        new VariantArray([path, TypeOf(node, files), properties]);

    /// <summary>What is stored of a node and may be told; it is noted as told.</summary>
    public static VariantDictionary PropertiesOf(MirrorNode node, ShadowNode shadow)
    {
        var pairs = new List<KeyValuePair<Variant, Variant>>();
        foreach ((string name, byte[] stored) in node.Properties)
        {
            if (!PlainProperty.TryGet(name, stored, out Variant value)) continue;
            pairs.Add(new(name, value));
            shadow.Tell(name);
        }

        return VariantDictionary.Of([.. pairs]);
    }

    private static string TypeOf(MirrorNode node, GameFiles files)
    {
        string scene = node.Header!.Instance.Length == 0 ? "" : files.PathOf(node.Header.Instance);
        if (scene.StartsWith("res://", StringComparison.Ordinal)) return scene;
        return node.Header.Type.Length > 0 ? node.Header.Type : NoClass;
    }

    private static void Write(ByteWriter writer, string what, long id, ReadOnlySpan<byte> items)
    {
        WriteArrayHeader(writer, 3);
        VariantBinary.Encode(writer, what);
        VariantBinary.Encode(writer, id);
        writer.Raw(items);
    }
}
