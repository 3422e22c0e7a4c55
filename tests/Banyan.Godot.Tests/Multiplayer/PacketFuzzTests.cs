using System.Collections.Immutable;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Tests.Multiplayer;

/// <summary>Sound packets with bits turned, bytes changed, ends cut off, and bytes drawn at random.</summary>
public class PacketFuzzTests
{
    private const int PacketRuns = 1_000_000;
    private const int ValueRuns = 200_000;
    private const int CorpusSize = 1000;
    private const int BytesMax = 8192;

    private readonly SeededRandom _random = new(23);
    private readonly byte[] _bytes = new byte[BytesMax];

    [Fact]
    public void A_million_packets_are_read_without_throwing_or_allocating()
    {
        RandomPackets packets = new(_random);
        byte[][] corpus = [.. Enumerable.Range(0, CorpusSize).Select(_ => packets.Next()).Where(p => p.Length <= BytesMax)];
        Readers.All(corpus[0]);
        int took = 0;
        int sound = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < PacketRuns; i++)
        {
            int readers = Readers.All(Mutate(corpus[_random.Next(corpus.Length)]));
            if (readers != 0) sound++;
            took |= readers;
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(0x1FF, took);
        // Neither all refused nor all let pass.
        Assert.InRange(sound, PacketRuns / 10, PacketRuns * 9 / 10);
    }

    [Fact]
    public void Mutated_values_are_read_without_throwing_and_allocate_in_proportion_to_their_bytes()
    {
        RandomPackets packets = new(_random);
        List<(byte[] Bytes, int Count)> corpus = [];
        ByteWriter writer = new();
        for (int i = 0; i < CorpusSize; i++)
        {
            Variant[] values = packets.Values(4);
            writer.Clear();
            State.Write(writer, values);
            if (writer.Length <= BytesMax) corpus.Add((writer.ToArray(), values.Length));
        }

        int sound = 0;
        for (int i = 0; i < ValueRuns; i++)
        {
            (byte[] bytes, int count) = corpus[_random.Next(corpus.Count)];
            ReadOnlySpan<byte> mutated = Mutate(bytes);
            long before = GC.GetAllocatedBytesForCurrentThread();
            bool done = State.TryRead(mutated, count, VariantLimits.Peer, out ImmutableArray<Variant> values);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated <= Allowance(mutated.Length), $"{allocated} bytes for {mutated.Length}: {Convert.ToHexString(mutated)}");
            if (!done) continue;
            sound++;
            // What was read can be written and read again.
            writer.Clear();
            State.Write(writer, values.AsSpan());
            Assert.True(State.TryRead(writer.Written, count, VariantLimits.Peer, out _));
        }

        Assert.InRange(sound, ValueRuns / 10, ValueRuns * 9 / 10);
    }

    [Theory]
    [InlineData(0x1C, 4)]
    [InlineData(0x1B, 8)]
    public void Containers_in_containers_cannot_all_claim_the_same_bytes(byte type, int bytesEach)
    {
        const int length = 65536;
        ByteWriter writer = new();
        for (int depth = 0; depth < 100; depth++)
        {
            writer.UInt32(type);
            writer.UInt32((uint)((length - writer.Length - 4) / bytesEach));
        }

        while (writer.Length < length) writer.UInt32(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(CompressedVariant.TryRead(writer.Written, VariantLimits.Peer, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Allowance(length));
    }

    /// <summary>Bytes that may be allocated for so many: an empty item of 4 bytes becomes a value, twice while it is put into its container.</summary>
    private static long Allowance(int bytes) => 4096 + (64L * bytes);

    private ReadOnlySpan<byte> Mutate(byte[] packet)
    {
        Span<byte> bytes = _bytes.AsSpan(0, packet.Length);
        packet.CopyTo(bytes);
        switch (_random.Next(8))
        {
            case 0:
                return bytes[.._random.Next(bytes.Length + 1)];
            case 1:
                int length = _random.Next(64);
                for (int i = 0; i < length; i++) _bytes[i] = (byte)_random.Next(256);
                if (length > 0 && packet.Length > 0 && _random.Chance(0.8)) _bytes[0] = packet[0];
                return _bytes.AsSpan(0, length);
            case 2 when bytes.Length < BytesMax - 20:
                int tail = _random.Next(20);
                for (int i = 0; i < tail; i++) _bytes[bytes.Length + i] = (byte)_random.Next(256);
                return _bytes.AsSpan(0, bytes.Length + tail);
            default:
                if (bytes.IsEmpty) return bytes;
                for (int k = _random.Next(3); k >= 0; k--)
                {
                    // Heads are where most can go wrong.
                    int at = _random.Next(_random.Chance(0.5) ? Math.Min(bytes.Length, 24) : bytes.Length);
                    bytes[at] = _random.Next(4) switch
                    {
                        0 => 0xFF,
                        1 => 0,
                        2 => (byte)_random.Next(256),
                        _ => (byte)(bytes[at] ^ 1 << _random.Next(8)),
                    };
                }

                return bytes;
        }
    }
}
