using Banyan.Godot.Multiplayer;

namespace Banyan.Godot.Tests.Multiplayer;

/// <summary>All readers of packets over the same bytes, touching all that they give.</summary>
internal static class Readers
{
    /// <summary>The bit that a packet's own reader has in <see cref="All"/>.</summary>
    public static int OwnReader(ReadOnlySpan<byte> packet) =>
        Packet.CommandOf(packet) == PacketCommand.Delta ? 8 : (int)Packet.CommandOf(packet)!.Value;

    /// <summary>One bit for each reader that took the bytes for its packet: bit n for command n, bit 8 for a delta.</summary>
    /// <remarks>
    /// What a reader gives must lie in the packet; a text must have no zero in it. Throws nothing and allocates nothing
    /// as long as that is so.
    /// </remarks>
    public static int All(ReadOnlySpan<byte> packet)
    {
        int took = 0;
        if (RpcPacket.TryRead(packet, out RpcPacket rpc))
        {
            took |= 1;
            Check(rpc.HasPath == !rpc.Path.IsEmpty && !rpc.Path.Contains((byte)0) && rpc.Path.Length <= Packet.PathBytesMax);
            Check(rpc.Node < Packet.PathFlag && rpc.Arguments.Length + rpc.Path.Length < packet.Length);
            Check(rpc.IsRaw ? rpc.ArgumentCount == (rpc.Arguments.IsEmpty ? 0 : 1) : rpc.ArgumentCount <= rpc.Arguments.Length);
        }

        if (SimplifyPathPacket.TryRead(packet, out SimplifyPathPacket simplify))
        {
            took |= 1 << 1;
            Check(simplify.Id < Packet.PathFlag && simplify.MethodsMd5.Length == 32 && simplify.Path.Length == packet.Length - 39);
        }

        if (ConfirmPathPacket.TryRead(packet, out ConfirmPathPacket confirm))
        {
            took |= 1 << 2;
            Check(confirm.Id < Packet.PathFlag && packet.Length == 6);
        }

        if (RawPacket.TryRead(packet, out RawPacket raw))
        {
            took |= 1 << 3;
            Check(raw.Bytes.Length == packet.Length - 1);
        }

        if (SpawnPacket.TryRead(packet, out SpawnPacket spawn))
        {
            took |= 1 << 4;
            int custom = spawn.IsCustom ? 4 + spawn.Argument.Length : 0;
            Check(18 + (4 * spawn.SyncNetIdCount) + spawn.Name.Length + 1 + custom + spawn.State.Length == packet.Length);
            uint sum = 0;
            for (int i = 0; i < spawn.SyncNetIdCount; i++) sum += spawn.SyncNetId(i);
            Check(NodeName.IsValid(spawn.Name) && spawn.NetId + (sum & 0) != 0);
        }

        if (DespawnPacket.TryRead(packet, out DespawnPacket despawn))
        {
            took |= 1 << 5;
            Check(packet.Length == 5 && despawn.NetId == BitConverter.ToUInt32(packet[1..]));
        }

        if (SyncPacket.TryRead(packet, out SyncPacket sync))
        {
            took |= 1 << 6;
            int length = 3;
            foreach (SyncPacket.Entry entry in sync)
            {
                length += 8 + entry.State.Length;
                Check(!entry.State.IsEmpty && entry.NetId == BitConverter.ToUInt32(packet[(length - entry.State.Length - 8)..]));
            }

            Check(packet.Length - length is >= 0 and <= 8);
        }

        if (SystemPacket.TryRead(packet, out SystemPacket system))
        {
            took |= 1 << 7;
            Check(system.Payload.Length == packet.Length - (system.Command == SystemCommand.Auth ? 2 : 6));
        }

        if (DeltaPacket.TryRead(packet, out DeltaPacket delta))
        {
            took |= 1 << 8;
            int length = 1;
            foreach (DeltaPacket.Entry entry in delta)
            {
                length += 16 + entry.State.Length;
                Check(!entry.State.IsEmpty && entry.Mask != 0);
            }

            Check(packet.Length - length is >= 0 and <= 16);
        }

        return took;
    }

    private static void Check(bool holds)
    {
        if (!holds) Assert.Fail("a reader gave what the packet does not hold");
    }
}
