using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Sync.World;

namespace Banyan.Sync.Peers;

/// <summary>
/// What a client was told, as it keeps it for whichever gateway it comes to next: see docs/godot-sessions.md. To the
/// client, entries are bytes without a meaning; here is what they mean.
/// </summary>
/// <remarks>
/// <code>
/// 'N' node      the node's number, and a hash of its path
/// 'S' node      a spawned node that it has: the spawner's authority, a hash of what else would make a difference, its path,
///               whether it was moved there (and has no number at the client any more), and which synchronizers it has the
///               numbers of, at which epochs of their authorities
/// 'U' node      a node that it has taken out of its tree and not put back yet
/// 'F' node, h   a node of a scene that it has freed: the path below what it came with, of which h is a hash
/// 'L'           the highest number that names nothing any more
/// 'A' peer, node a path that it was told in a peer's name: 1, or 2 if it has confirmed it
/// 'P' peer      a peer that it knows
/// 'H' peer, id  a path that it has numbered itself, for a peer
/// 'O' net id    a node that it has spawned itself: the spawner, the name, the numbers of its synchronizers
/// </code>
/// A client may make up what it likes: it is all about what itself sees. What it may write, the tree says.
/// </remarks>
public sealed class SessionMemory
{
    private const int NumberedMax = 4_096;
    private const byte NumberTable = (byte)'N';
    private const byte LastTable = (byte)'L';
    private const byte SpawnTable = (byte)'S';
    private const byte AnnouncedTable = (byte)'A';
    private const byte PeerTable = (byte)'P';
    private const byte HeardTable = (byte)'H';
    private const byte OwnTable = (byte)'O';
    private const byte LiftedTable = (byte)'U';
    private const byte FreedTable = (byte)'F';

    /// <summary>Numbers of nodes.</summary>
    public SortedDictionary<NodeId, (uint Number, ulong PathHash)> Numbers { get; } = [];

    /// <summary>The highest number that named a node which the client has no more: it is not to be given out again.</summary>
    public uint Spent { get; private set; }

    /// <summary>Spawned nodes that the client has.</summary>
    public SortedDictionary<NodeId, KnownSpawn> Spawned { get; } = [];

    /// <summary>Nodes that it keeps outside of its tree.</summary>
    public SortedSet<NodeId> Lifted { get; } = [];

    /// <summary>Nodes of scenes that it has freed: with what it got them, and where below that.</summary>
    public List<(NodeId Anchor, string Below)> Freed { get; } = [];

    /// <summary>Paths that it was told, in whose name, and whether it has confirmed them.</summary>
    public SortedDictionary<(int Source, NodeId Node), bool> Announced { get; } = [];

    /// <summary>Peers that it knows.</summary>
    public SortedSet<int> Peers { get; } = [];

    /// <summary>Paths that it has numbered.</summary>
    public SortedDictionary<(int To, uint Id), (NodeId Node, string Path)> Heard { get; } = [];

    /// <summary>Nodes that it has spawned itself.</summary>
    public SortedDictionary<uint, (NodeId Spawner, string Name, uint[] Synchronizers)> Own { get; } = [];

    /// <summary>Reads what a client brings along: {u8 key length, key, u16 value length, value}*. False if it is not of this form.</summary>
    /// <param name="bytes">As the client sent it.</param>
    /// <param name="entriesMax">More are refused.</param>
    /// <param name="memory">What it means.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, int entriesMax, [NotNullWhen(true)] out SessionMemory? memory)
    {
        memory = new();
        var reader = new ByteReader(bytes);
        for (int entries = 0; !reader.IsAtEnd; entries++)
        {
            ReadOnlySpan<byte> key = reader.Raw(reader.Byte());
            ReadOnlySpan<byte> value = reader.Raw(reader.UInt16());
            if (reader.Failed || entries >= entriesMax || !memory.TryAdd(key, value))
            {
                memory = null;
                return false;
            }
        }

        return true;
    }

    internal static void Number(NodeId node, uint number, ulong pathHash, ISessionMemoryWriter writer)
    {
        Span<byte> value = stackalloc byte[12];
        BinaryPrimitives.WriteUInt32LittleEndian(value, number);
        BinaryPrimitives.WriteUInt64LittleEndian(value[4..], pathHash);
        writer.Remember(KeyOf(NumberTable, node, stackalloc byte[9]), value);
    }

    internal static void ForgetNumber(NodeId node, ISessionMemoryWriter writer) => writer.Remember(KeyOf(NumberTable, node, stackalloc byte[9]), []);

    internal static void Spend(uint number, ISessionMemoryWriter writer)
    {
        Span<byte> value = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(value, number);
        writer.Remember([LastTable], value);
    }

    internal static void Spawn(SpawnedNode node, bool wasMoved, ImmutableArray<(NodeId Node, uint AuthorityEpoch)> numbered, ISessionMemoryWriter writer)
    {
        var value = new ByteWriter(64);
        value.UInt32((uint)node.Spawner.Authority);
        value.UInt64(HashOf(node));
        value.Bool(wasMoved);
        value.Text(node.Path);
        // What is beyond goes by its path after a resume.
        foreach ((NodeId id, uint epoch) in numbered.Take(NumberedMax))
        {
            value.UInt64(id.Value);
            value.UInt32(epoch);
        }

        writer.Remember(KeyOf(SpawnTable, node.Node, stackalloc byte[9]), value.Written);
    }

    internal static void ForgetSpawn(NodeId node, ISessionMemoryWriter writer) => writer.Remember(KeyOf(SpawnTable, node, stackalloc byte[9]), []);

    internal static void Lift(NodeId node, bool isLifted, ISessionMemoryWriter writer) =>
        writer.Remember(KeyOf(LiftedTable, node, stackalloc byte[9]), isLifted ? [1] : []);

    internal static void Free(NodeId anchor, string below, bool isFreed, ISessionMemoryWriter writer)
    {
        Span<byte> key = stackalloc byte[17];
        KeyOf(FreedTable, anchor, key);
        BinaryPrimitives.WriteUInt64LittleEndian(key[9..], HashOf(below));
        writer.Remember(key, isFreed ? Encoding.UTF8.GetBytes(below) : []);
    }

    internal static void Announce(int source, NodeId node, bool isConfirmed, ISessionMemoryWriter writer) =>
        writer.Remember(KeyOf(source, node, stackalloc byte[13]), isConfirmed ? [2] : [1]);

    internal static void ForgetAnnounced(int source, NodeId node, ISessionMemoryWriter writer) => writer.Remember(KeyOf(source, node, stackalloc byte[13]), []);

    internal static void Peer(int peer, bool isThere, ISessionMemoryWriter writer)
    {
        Span<byte> key = stackalloc byte[5];
        key[0] = PeerTable;
        BinaryPrimitives.WriteInt32LittleEndian(key[1..], peer);
        writer.Remember(key, isThere ? [1] : []);
    }

    internal static void HeardPath(int to, uint id, NodeId node, string path, ISessionMemoryWriter writer)
    {
        var value = new ByteWriter(64);
        value.UInt64(node.Value);
        value.Raw(Encoding.UTF8.GetBytes(path));
        writer.Remember(KeyOf(to, id, stackalloc byte[9]), value.Written);
    }

    internal static void ForgetHeardPath(int to, uint id, ISessionMemoryWriter writer) => writer.Remember(KeyOf(to, id, stackalloc byte[9]), []);

    internal static void OwnSpawn(uint netId, NodeId spawner, string name, ReadOnlySpan<uint> synchronizers, ISessionMemoryWriter writer)
    {
        var value = new ByteWriter(64);
        value.UInt64(spawner.Value);
        value.Text(name);
        foreach (uint number in synchronizers) value.UInt32(number);
        writer.Remember(KeyOf(netId, stackalloc byte[5]), value.Written);
    }

    internal static void ForgetOwnSpawn(uint netId, ISessionMemoryWriter writer) => writer.Remember(KeyOf(netId, stackalloc byte[5]), []);

    /// <summary>Whether a client that has the node as it was need not be told of it as it is now.</summary>
    internal static ulong HashOf(SpawnedNode node)
    {
        ulong hash = StableHash.Add(0, Encoding.UTF8.GetBytes(node.Name));
        hash = StableHash.Add(hash, node.Spawner.Node.Value);
        hash = StableHash.Add(hash, node.Spawner.Parent.Value);
        hash = StableHash.Add(hash, (ulong)node.Spawner.Authority);
        return StableHash.Add(hash, node.Scene);
    }

    internal static ulong HashOf(string path) => StableHash.Add(1, Encoding.UTF8.GetBytes(path));

    private bool TryAdd(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.IsEmpty) return false;
        var keys = new ByteReader(key[1..]);
        var values = new ByteReader(value);
        switch (key[0])
        {
            case NumberTable:
                return Numbers.TryAdd(new(keys.UInt64()), (values.UInt32(), values.UInt64())) && keys.IsAtEnd && values.IsAtEnd;
            case SpawnTable:
                (int authority, ulong hash, bool wasMoved, string path) = ((int)values.UInt32(), values.UInt64(), values.Bool(), values.Text());
                var numbered = new (NodeId, uint)[values.Remaining / 12];
                for (int i = 0; i < numbered.Length; i++) numbered[i] = (new(values.UInt64()), values.UInt32());
                return Spawned.TryAdd(new(keys.UInt64()), new(authority, hash, wasMoved, path, ImmutableCollectionsMarshal.AsImmutableArray(numbered))) && keys.IsAtEnd && values.IsAtEnd;
            case LiftedTable:
                return Lifted.Add(new(keys.UInt64())) && keys.IsAtEnd && value is [1];
            case FreedTable:
                Freed.Add((new(keys.UInt64()), Encoding.UTF8.GetString(value)));
                keys.UInt64();
                return keys.IsAtEnd && !value.IsEmpty;
            case LastTable:
                Spent = values.UInt32();
                return keys.IsAtEnd && values.IsAtEnd;
            case AnnouncedTable:
                (int source, var announced) = ((int)keys.UInt32(), new NodeId(keys.UInt64()));
                return Announced.TryAdd((source, announced), value is [2]) && keys.IsAtEnd && value is [1 or 2];
            case PeerTable:
                return Peers.Add((int)keys.UInt32()) && keys.IsAtEnd && value is [1];
            case HeardTable:
                (int to, uint id) = ((int)keys.UInt32(), keys.UInt32());
                var node = new NodeId(values.UInt64());
                return Heard.TryAdd((to, id), (node, Encoding.UTF8.GetString(values.Raw(values.Remaining)))) && keys.IsAtEnd && values.IsAtEnd;
            case OwnTable:
                uint netId = keys.UInt32();
                var spawner = new NodeId(values.UInt64());
                string name = values.Text();
                var synchronizers = new uint[values.Remaining / 4];
                for (int i = 0; i < synchronizers.Length; i++) synchronizers[i] = values.UInt32();
                return Own.TryAdd(netId, (spawner, name, synchronizers)) && keys.IsAtEnd && values.IsAtEnd;
            default:
                return false;
        }
    }

    private static ReadOnlySpan<byte> KeyOf(byte table, NodeId node, Span<byte> key)
    {
        key[0] = table;
        BinaryPrimitives.WriteUInt64LittleEndian(key[1..], node.Value);
        return key;
    }

    private static ReadOnlySpan<byte> KeyOf(int source, NodeId node, Span<byte> key)
    {
        key[0] = AnnouncedTable;
        BinaryPrimitives.WriteInt32LittleEndian(key[1..], source);
        BinaryPrimitives.WriteUInt64LittleEndian(key[5..], node.Value);
        return key;
    }

    private static ReadOnlySpan<byte> KeyOf(int to, uint id, Span<byte> key)
    {
        key[0] = HeardTable;
        BinaryPrimitives.WriteInt32LittleEndian(key[1..], to);
        BinaryPrimitives.WriteUInt32LittleEndian(key[5..], id);
        return key;
    }

    private static ReadOnlySpan<byte> KeyOf(uint netId, Span<byte> key)
    {
        key[0] = OwnTable;
        BinaryPrimitives.WriteUInt32LittleEndian(key[1..], netId);
        return key;
    }
}

/// <summary>A spawned node that a client has.</summary>
/// <param name="Authority">Of its spawner, in whose name it was told.</param>
/// <param name="Hash">Of what would make a difference.</param>
/// <param name="WasMoved">Whether it was moved to where it is, and has no number any more.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Numbered">Synchronizers whose numbers came with it.</param>
public sealed record KnownSpawn(int Authority, ulong Hash, bool WasMoved, string Path, ImmutableArray<(NodeId Node, uint AuthorityEpoch)> Numbered);

/// <summary>Where a session's memory goes: to the client, along with the next packet.</summary>
public interface ISessionMemoryWriter
{
    /// <summary>An entry; one without a value is to be forgotten.</summary>
    void Remember(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);
}
