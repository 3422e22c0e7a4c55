using Banyan.Godot.Multiplayer;
using Banyan.Godot.Tests.Variants;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Tests.Multiplayer;

/// <summary>Draws what packets of every kind hold.</summary>
internal sealed class RandomPackets(SeededRandom random)
{
    private static readonly string[] Names = ["a", "Player", "Joueur é", "日本", "\U0001F333", "two words", new('x', 300)];

    private readonly RandomVariants _variants = new(random);

    public uint CacheId() => (uint)(random.NextUInt64() >> (33 + random.Next(31)));

    public uint NetId() => (uint)(random.NextUInt64() >> (32 + random.Next(32)));

    public ulong Mask() => (random.NextUInt64() >> random.Next(64)) | 1UL << random.Next(64);

    public byte[] Name() => System.Text.Encoding.UTF8.GetBytes(Names[random.Next(Names.Length)]);

    public byte[] Path() => System.Text.Encoding.UTF8.GetBytes(string.Join('/', Enumerable.Range(0, 1 + random.Next(4)).Select(_ => Names[random.Next(Names.Length)])));

    public Variant[] Values(int countMax) => [.. Enumerable.Range(0, random.Next(countMax + 1)).Select(_ => WireVariants.Next(_variants))];

    public byte[] State(int countMax)
    {
        ByteWriter writer = new();
        Godot.Multiplayer.State.Write(writer, Values(countMax));
        return writer.ToArray();
    }

    public byte[] Raw(int least = 0)
    {
        byte[] bytes = new byte[least + random.Next(20)];
        for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)random.Next(256);
        return bytes;
    }

    /// <summary>A sound packet of any kind.</summary>
    public byte[] Next(bool mayRelay = true)
    {
        ByteWriter writer = new();
        switch (random.Next(mayRelay ? 13 : 9))
        {
            case 0: RpcPacket.Write(writer, CacheId(), (ushort)random.NextUInt64(), Values(4), random.Chance(0.2)); break;
            case 1: RpcPacket.WriteWithPath(writer, Path(), (ushort)random.Next(300), Values(4)); break;
            case 2: SimplifyPathPacket.Write(writer, "0123456789abcdef0123456789abcdef"u8, CacheId(), Path()); break;
            case 3: ConfirmPathPacket.Write(writer, random.Chance(0.5), CacheId()); break;
            case 4: RawPacket.Write(writer, Raw(1)); break;
            case 5: SpawnPacket.Write(writer, (byte)random.Next(255), CacheId(), NetId() | 1, NetIds(), Name(), State(4)); break;
            case 6: SpawnPacket.WriteCustom(writer, CacheId(), NetId() | 1, NetIds(), Name(), [2, 5], State(4)); break;
            case 7:
                SyncPacketWriter sync = new(writer, (ushort)random.NextUInt64());
                for (int i = random.Next(4); i >= 0; i--) sync.Append(NetId(), State(3));
                if (sync.Count == 0) sync.Append(1, [0x81]);
                break;
            case 8:
                DeltaPacketWriter delta = new(writer);
                for (int i = random.Next(4); i >= 0; i--) delta.Append(NetId(), Mask(), [.. State(3), 0x81]);
                break;
            case 9: DespawnPacket.Write(writer, NetId()); break;
            case 10: SystemPacket.WriteAuth(writer, Raw()); break;
            case 11: SystemPacket.WriteAddPeer(writer, 1 + random.Next(int.MaxValue)); break;
            default: SystemPacket.WriteRelay(writer, 1 - random.Next(100), Next(mayRelay: false)); break;
        }

        return writer.ToArray();
    }

    private uint[] NetIds() => [.. Enumerable.Range(0, random.Next(4)).Select(_ => NetId())];
}
