using System.Collections.Immutable;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Tests.Multiplayer;

public class PacketRoundTripTests
{
    private const int Runs = 2000;

    private readonly SeededRandom _random = new(11);
    private readonly RandomPackets _packets;
    private readonly ByteWriter _writer = new();

    public PacketRoundTripTests() => _packets = new(_random);

    [Fact]
    public void Every_written_packet_is_of_the_command_that_it_says_and_read_by_no_other_reader()
    {
        for (int i = 0; i < Runs; i++)
        {
            byte[] packet = _packets.Next();
            Assert.Equal(1 << Readers.OwnReader(packet), Readers.All(packet));
        }
    }

    [Fact]
    public void Calls_come_back_as_they_were()
    {
        for (int i = 0; i < Runs; i++)
        {
            _writer.Clear();
            uint node = _packets.CacheId();
            ushort method = (ushort)(_random.NextUInt64() >> (48 + _random.Next(16)));
            byte[]? path = _random.Chance(0.5) ? _packets.Path() : null;
            Variant[] arguments = _packets.Values(5);
            if (path is null) RpcPacket.Write(_writer, node, method, arguments, _random.Chance(0.3));
            else RpcPacket.WriteWithPath(_writer, path, method, arguments);
            Assert.True(RpcPacket.TryRead(_writer.Written, out RpcPacket read));
            Assert.Equal(path is null ? node : 0, read.Node);
            Assert.True(read.Path.SequenceEqual(path));
            Assert.Equal(method, read.Method);
            Assert.True(Arguments.TryRead(read, VariantLimits.Peer, out ImmutableArray<Variant> values));
            Assert.Equal(arguments, values);
        }
    }

    [Fact]
    public void Spawns_come_back_as_they_were()
    {
        for (int i = 0; i < Runs; i++)
        {
            _writer.Clear();
            byte scene = (byte)_random.Next(256);
            uint spawner = _packets.CacheId();
            uint netId = _packets.NetId() | 1;
            uint[] synchronizers = [.. Enumerable.Range(0, _random.Next(5)).Select(_ => _packets.NetId())];
            byte[] name = _packets.Name();
            byte[] argument = _packets.Raw(1);
            byte[] state = _packets.Raw();
            if (scene == SpawnPacket.CustomScene) SpawnPacket.WriteCustom(_writer, spawner, netId, synchronizers, name, argument, state);
            else SpawnPacket.Write(_writer, scene, spawner, netId, synchronizers, name, state);
            Assert.True(SpawnPacket.TryRead(_writer.Written, out SpawnPacket read));
            Assert.Equal((scene, spawner, netId, synchronizers.Length), (read.Scene, read.Spawner, read.NetId, read.SyncNetIdCount));
            for (int k = 0; k < synchronizers.Length; k++) Assert.Equal(synchronizers[k], read.SyncNetId(k));
            Assert.Equal(name, read.Name);
            Assert.Equal(read.IsCustom ? argument : [], read.Argument.ToArray());
            Assert.Equal(state, read.State);
        }
    }

    [Fact]
    public void States_and_changes_come_back_as_they_were()
    {
        for (int i = 0; i < Runs; i++)
        {
            List<(uint NetId, ulong Mask, byte[] State)> entries =
                [.. Enumerable.Range(0, 1 + _random.Next(6)).Select(_ => (_packets.NetId(), _packets.Mask(), _packets.Raw(1)))];
            ushort sequence = (ushort)_random.NextUInt64();
            _writer.Clear();
            SyncPacketWriter sync = new(_writer, sequence);
            foreach ((uint netId, ulong _, byte[] state) in entries) Assert.Equal(AppendResult.Appended, sync.Append(netId, state));
            Assert.True(SyncPacket.TryRead(_writer.Written, out SyncPacket readSync));
            Assert.Equal(sequence, readSync.Sequence);
            int at = 0;
            foreach (SyncPacket.Entry entry in readSync)
            {
                Assert.Equal(entries[at].NetId, entry.NetId);
                Assert.Equal(entries[at++].State, entry.State);
            }

            Assert.Equal(entries.Count, at);
            _writer.Clear();
            DeltaPacketWriter delta = new(_writer);
            foreach ((uint netId, ulong mask, byte[] state) in entries) Assert.Equal(AppendResult.Appended, delta.Append(netId, mask, state));
            Assert.True(DeltaPacket.TryRead(_writer.Written, out DeltaPacket readDelta));
            at = 0;
            foreach (DeltaPacket.Entry entry in readDelta)
            {
                Assert.Equal((entries[at].NetId, entries[at].Mask), (entry.NetId, entry.Mask));
                Assert.Equal(entries[at++].State, entry.State);
            }

            Assert.Equal(entries.Count, at);
        }
    }

    [Fact]
    public void Paths_and_system_packets_come_back_as_they_were()
    {
        for (int i = 0; i < Runs; i++)
        {
            uint id = _packets.CacheId();
            byte[] path = _packets.Path();
            _writer.Clear();
            SimplifyPathPacket.Write(_writer, "00112233445566778899aabbccddeeff"u8, id, path);
            Assert.True(SimplifyPathPacket.TryRead(_writer.Written, out SimplifyPathPacket simplify));
            Assert.Equal(id, simplify.Id);
            Assert.Equal(path, simplify.Path);
            byte[] inner = _packets.Next(mayRelay: false);
            int peer = (int)_random.NextInRange(-int.MaxValue, int.MaxValue);
            _writer.Clear();
            SystemPacket.WriteRelay(_writer, peer, inner);
            Assert.True(SystemPacket.TryRead(_writer.Written, out SystemPacket relay));
            Assert.Equal((SystemCommand.Relay, peer), (relay.Command, relay.Peer));
            Assert.Equal(inner, relay.Payload);
        }
    }
}
