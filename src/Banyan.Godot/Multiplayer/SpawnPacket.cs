using System.Buffers.Binary;
using Banyan.Primitives;

namespace Banyan.Godot.Multiplayer;

/// <summary>A node that a MultiplayerSpawner has added.</summary>
/// <remarks>
/// <code>
/// u8 4 | u8 scene, 0xFF: custom | u32 spawner | u32 net id | u32 n | u32 name length, with its zero
///      | u32 × n net ids of synchronizers | name, zero | custom only: u32 length, argument | state
/// </code>
/// The synchronizers are those below the node that have the spawner's authority, in tree order; the state holds their
/// spawn properties one after the other, for <see cref="State"/>.
/// </remarks>
public readonly ref struct SpawnPacket
{
    /// <summary>The scene of a node that the spawner's <c>spawn_function</c> makes.</summary>
    public const byte CustomScene = 0xFF;

    private readonly ReadOnlySpan<byte> _syncNetIds;

    private SpawnPacket(
        byte scene, uint spawner, uint netId, ReadOnlySpan<byte> syncNetIds, ReadOnlySpan<byte> name, ReadOnlySpan<byte> argument,
        ReadOnlySpan<byte> state)
    {
        Scene = scene;
        Spawner = spawner;
        NetId = netId;
        _syncNetIds = syncNetIds;
        Name = name;
        Argument = argument;
        State = state;
    }

    /// <summary>Index into the spawner's scenes; <see cref="CustomScene"/> for none of them.</summary>
    public byte Scene { get; }

    /// <summary>Whether <see cref="Argument"/> says what to spawn.</summary>
    public bool IsCustom => Scene == CustomScene;

    /// <summary>The spawner's path cache id, of the sender's numbering; below 2³¹.</summary>
    public uint Spawner { get; }

    /// <summary>The node's number, not 0, of the sender's numbering.</summary>
    public uint NetId { get; }

    /// <summary>How many synchronizers got a number.</summary>
    public int SyncNetIdCount => _syncNetIds.Length / 4;

    /// <summary>The node's name, UTF-8, one that <see cref="NodeName"/> allows.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>Of a custom spawn one <see cref="CompressedVariant"/>, not decoded yet; else empty.</summary>
    public ReadOnlySpan<byte> Argument { get; }

    /// <summary>Values of spawn properties, not decoded yet.</summary>
    public ReadOnlySpan<byte> State { get; }

    /// <summary>The number of a synchronizer, by its index among those of the node.</summary>
    public uint SyncNetId(int index) => BinaryPrimitives.ReadUInt32LittleEndian(_syncNetIds[(4 * index)..]);

    /// <summary>Reads a whole packet; false if it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out SpawnPacket read)
    {
        read = default;
        if (Packet.CommandOf(packet) != PacketCommand.Spawn) return false;
        ByteReader reader = new(packet[1..]);
        byte scene = reader.Byte();
        uint spawner = reader.UInt32();
        uint netId = reader.UInt32();
        uint syncCount = reader.UInt32();
        uint nameLength = reader.UInt32();
        if (reader.Failed || (spawner & Packet.PathFlag) != 0 || netId == 0) return false;
        if (((ulong)syncCount * 4) + nameLength > (ulong)reader.Remaining) return false;
        ReadOnlySpan<byte> syncNetIds = reader.Raw((int)syncCount * 4);
        if (!PacketText.TryTerminated(reader.Raw((int)nameLength), NodeName.BytesMax, out ReadOnlySpan<byte> name)) return false;
        if (!NodeName.IsValid(name)) return false;
        ReadOnlySpan<byte> argument = default;
        if (scene == CustomScene)
        {
            uint length = reader.UInt32();
            if (length == 0 || length > (uint)reader.Remaining) return false;
            argument = reader.Raw((int)length);
        }

        read = new(scene, spawner, netId, syncNetIds, name, argument, reader.Raw(reader.Remaining));
        return true;
    }

    /// <summary>Appends a packet of one of the spawner's scenes.</summary>
    public static void Write(
        ByteWriter writer, byte scene, uint spawner, uint netId, ReadOnlySpan<uint> syncNetIds, ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> state)
    {
        Invariant.Holds(scene != CustomScene);
        WriteHead(writer, scene, spawner, netId, syncNetIds, name);
        writer.Raw(state);
    }

    /// <summary>Appends a packet of a custom spawn; the argument is one <see cref="CompressedVariant"/>.</summary>
    public static void WriteCustom(
        ByteWriter writer, uint spawner, uint netId, ReadOnlySpan<uint> syncNetIds, ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> argument, ReadOnlySpan<byte> state)
    {
        Invariant.Holds(!argument.IsEmpty);
        WriteHead(writer, CustomScene, spawner, netId, syncNetIds, name);
        writer.UInt32((uint)argument.Length);
        writer.Raw(argument);
        writer.Raw(state);
    }

    private static void WriteHead(
        ByteWriter writer, byte scene, uint spawner, uint netId, ReadOnlySpan<uint> syncNetIds, ReadOnlySpan<byte> name)
    {
        Invariant.Holds((spawner & Packet.PathFlag) == 0 && netId != 0);
        Invariant.Holds(NodeName.IsValid(name));
        writer.Byte((byte)PacketCommand.Spawn);
        writer.Byte(scene);
        writer.UInt32(spawner);
        writer.UInt32(netId);
        writer.UInt32((uint)syncNetIds.Length);
        writer.UInt32((uint)name.Length + 1);
        foreach (uint id in syncNetIds) writer.UInt32(id);
        writer.Raw(name);
        writer.Byte(0);
    }
}
