using System.Buffers.Binary;
using System.Text;
using Banyan.Primitives;

namespace Banyan.Scene.Records;

/// <summary>What a scene key is of.</summary>
public enum RecordKind : byte
{
    /// <summary>How many serials of a zone are given out: key ends after the zone.</summary>
    ZoneSerials = 0,

    /// <summary>A node's header.</summary>
    Header = 1,

    /// <summary>One durable property; the name follows.</summary>
    Property = 2,

    /// <summary>One child; the child's name follows.</summary>
    Child = 3,

    /// <summary>What came with an imported scene and belongs to its root: connections, sub-resources; a name follows.</summary>
    Attachment = 4,

    /// <summary>Where a node is that has left the zone of its birth.</summary>
    Locator = 5,

    /// <summary>A detached subtree that is still to be removed.</summary>
    Reap = 6,
}

/// <summary>
/// Where the scene's records lie in the key space. Records of a node stand together, nodes of a zone stand together:
/// <code>
/// 'S' zone(4, big-endian) 0x00                            serials given out
/// 'S' zone                0x01 node(8) 0x01               header
/// 'S' zone                0x01 node(8) 0x02 name          property
/// 'S' zone                0x01 node(8) 0x03 name          child
/// 'S' zone                0x01 node(8) 0x04 name          attachment
/// 'S' zone                0x02 node(8)                    locator
/// 'S' zone                0x03 node(8)                    to be reaped
/// </code>
/// </summary>
public static class SceneKeys
{
    private const byte Table = (byte)'S';
    private const byte SerialsSection = 0;
    private const byte NodesSection = 1;
    private const byte LocatorsSection = 2;
    private const byte ReapSection = 3;
    private const int ZoneLength = 5;
    private const int NodeLength = ZoneLength + 1 + 8;

    /// <summary>Everything of the scene.</summary>
    public static readonly KeySpan All = KeySpan.Prefix(new Key([Table]));

    /// <summary>All that lies in a zone.</summary>
    public static KeySpan OfZone(ZoneId zone) => KeySpan.Prefix(Start(zone));

    /// <summary>The first key of a zone: where a range may be cut.</summary>
    public static Key Start(ZoneId zone) => new(Zone(zone, ZoneLength));

    /// <summary>How many serials of a zone are given out.</summary>
    public static Key Serials(ZoneId zone)
    {
        byte[] key = Zone(zone, ZoneLength + 1);
        key[ZoneLength] = SerialsSection;
        return new(key);
    }

    /// <summary>A node's header.</summary>
    public static Key Header(NodePlace node) => new(Node(node, NodesSection, RecordKind.Header, ""));

    /// <summary>One property.</summary>
    public static Key Property(NodePlace node, string name) => new(Node(node, NodesSection, RecordKind.Property, name));

    /// <summary>One child.</summary>
    public static Key Child(NodePlace parent, string name) => new(Node(parent, NodesSection, RecordKind.Child, name));

    /// <summary>One attachment.</summary>
    public static Key Attachment(NodePlace node, string name) => new(Node(node, NodesSection, RecordKind.Attachment, name));

    /// <summary>All records of a node: header, properties, children, attachments.</summary>
    public static KeySpan OfNode(NodePlace node) => KeySpan.Prefix(new(Prefix(node, NodesSection, 0)));

    /// <summary>The children of a node, by name.</summary>
    public static KeySpan Children(NodePlace parent) => KeySpan.Prefix(Child(parent, ""));

    /// <summary>The properties of a node, by name.</summary>
    public static KeySpan Properties(NodePlace node) => KeySpan.Prefix(Property(node, ""));

    /// <summary>The locator of a node, in the zone of its birth.</summary>
    public static Key Locator(NodeId node) => new(Prefix(new(node, node.BirthZone), LocatorsSection, 0));

    /// <summary>The zone that a locator's value names.</summary>
    public static ZoneId DecodeLocator(byte[] value) => new((uint)SceneRecords.DecodeNumber(value));

    /// <summary>The note that a detached subtree is to be removed.</summary>
    public static Key Reap(NodePlace node) => new(Prefix(node, ReapSection, 0));

    /// <summary>All notes of a zone's detached subtrees.</summary>
    public static KeySpan ReapsOf(ZoneId zone)
    {
        byte[] prefix = Zone(zone, ZoneLength + 1);
        prefix[ZoneLength] = ReapSection;
        return KeySpan.Prefix(new(prefix));
    }

    /// <summary>Whether a key is a note that a detached subtree is to be removed.</summary>
    public static bool IsReap(Key key) => key.Length == NodeLength && key.Span[0] == Table && key.Span[ZoneLength] == ReapSection;

    /// <summary>Takes a key apart; false if it is none of the scene's.</summary>
    public static bool TryParse(Key key, out SceneKey parsed)
    {
        parsed = default;
        ReadOnlySpan<byte> bytes = key.Span;
        if (bytes.Length <= ZoneLength || bytes[0] != Table) return false;
        var zone = new ZoneId(BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]));
        byte section = bytes[ZoneLength];
        if (section == SerialsSection)
        {
            parsed = new(RecordKind.ZoneSerials, new(NodeId.None, zone), "");
            return bytes.Length == ZoneLength + 1;
        }

        if (bytes.Length < NodeLength) return false;
        var place = new NodePlace(new(BinaryPrimitives.ReadUInt64BigEndian(bytes[(ZoneLength + 1)..])), zone);
        switch (section)
        {
            case LocatorsSection:
                parsed = new(RecordKind.Locator, place, "");
                return bytes.Length == NodeLength;
            case ReapSection:
                parsed = new(RecordKind.Reap, place, "");
                return bytes.Length == NodeLength;
            case NodesSection when bytes.Length > NodeLength:
                var kind = (RecordKind)bytes[NodeLength];
                if (kind is < RecordKind.Header or > RecordKind.Attachment) return false;
                ReadOnlySpan<byte> name = bytes[(NodeLength + 1)..];
                if (kind == RecordKind.Header && !name.IsEmpty) return false;
                if (!System.Text.Unicode.Utf8.IsValid(name)) return false;
                parsed = new(kind, place, Encoding.UTF8.GetString(name));
                return true;
            default:
                return false;
        }
    }

    private static byte[] Zone(ZoneId zone, int length)
    {
        var key = new byte[length];
        key[0] = Table;
        BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(1), zone.Value);
        return key;
    }

    private static byte[] Prefix(NodePlace node, byte section, int more)
    {
        byte[] key = Zone(node.Zone, NodeLength + more);
        key[ZoneLength] = section;
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(ZoneLength + 1), node.Id.Value);
        return key;
    }

    private static byte[] Node(NodePlace node, byte section, RecordKind kind, string name)
    {
        byte[] key = Prefix(node, section, 1 + Encoding.UTF8.GetByteCount(name));
        key[NodeLength] = (byte)kind;
        Encoding.UTF8.GetBytes(name, key.AsSpan(NodeLength + 1));
        return key;
    }
}

/// <summary>A scene key taken apart.</summary>
public readonly record struct SceneKey(RecordKind Kind, NodePlace Node, string Name);
