using Banyan.Primitives;

namespace Banyan.Scene.Records;

/// <summary>What a node is, apart from its properties and children.</summary>
/// <param name="Parent">The parent and the zone it is in; None for the root, and for a detached subtree.</param>
/// <param name="Name">Unique among its siblings.</param>
/// <param name="Type">Godot's class; empty if only a missing scene would know it.</param>
/// <param name="Instance">The scene that this node is the root of ("res://…"); empty if none.</param>
/// <param name="Groups">In order.</param>
/// <param name="Authority">The peer that may write it; 1 is the cluster.</param>
/// <param name="AuthorityEpoch">Counts changes of authority: a late writer is told by it.</param>
/// <param name="UniqueId">The scene file's unique_id; 0 if none.</param>
public sealed record NodeHeader(
    NodePlace Parent, string Name, string Type, string Instance, IReadOnlyList<string> Groups,
    int Authority, uint AuthorityEpoch, int UniqueId)
{
    private const byte Version = 1;

    /// <summary>Names and class names, in UTF-8 bytes.</summary>
    public const int NameBytesMax = 512;

    /// <summary>Groups of one node.</summary>
    public const int GroupsMax = 1024;

    /// <summary>Whether nothing is above it: the world's root, or the top of a detached subtree.</summary>
    public bool IsRoot => Parent.Id.IsNone;

    /// <summary>The binary form: version, parent, parent's zone, name, type, instance, groups, authority, epoch, unique id.</summary>
    public byte[] Encode()
    {
        var writer = new ByteWriter(64);
        writer.Byte(Version);
        writer.Number(Parent.Id.Value);
        writer.Number(Parent.Zone.Value);
        writer.Text(Name);
        writer.Text(Type);
        writer.Text(Instance);
        writer.Number((ulong)Groups.Count);
        foreach (string group in Groups) writer.Text(group);
        writer.UInt32((uint)Authority);
        writer.Number(AuthorityEpoch);
        writer.UInt32((uint)UniqueId);
        return writer.ToArray();
    }

    /// <summary>Reads the binary form.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out NodeHeader header)
    {
        header = null!;
        var reader = new ByteReader(bytes);
        if (reader.Byte() != Version) return false;
        var parent = new NodePlace(new(reader.Number()), new(Number32(ref reader)));
        string name = reader.Text(NameBytesMax);
        string type = reader.Text(NameBytesMax);
        string instance = reader.Text(NameBytesMax);
        var groups = new string[reader.Count()];
        if (groups.Length > GroupsMax) return false;
        for (int i = 0; i < groups.Length; i++) groups[i] = reader.Text(NameBytesMax);
        header = new(parent, name, type, instance, groups, (int)reader.UInt32(), Number32(ref reader), (int)reader.UInt32());
        return reader.IsAtEnd;
    }

    internal static uint Number32(ref ByteReader reader)
    {
        ulong number = reader.Number();
        if (number > uint.MaxValue) reader.Fail();
        return (uint)number;
    }
}
