using Banyan.Client.Protocol;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Client.Tests.Protocol;

public class OperationCodecTests
{
    [Fact]
    public void Every_operation_is_read_back_as_it_was_written()
    {
        IReadOnlyList<SceneOperation> batch = SampleBatches.EveryOperation;

        Assert.True(TryDecode(Encode(batch), out IReadOnlyList<SceneOperation> read));

        Assert.Equal(batch.Count, read.Count);
        for (int i = 0; i < batch.Count; i++) Assert.Equivalent(batch[i], read[i], strict: true);
    }

    [Fact]
    public void Random_batches_are_read_back_as_they_were_written()
    {
        var random = new SeededRandom(1);
        for (int i = 0; i < 300; i++)
        {
            byte[] bytes = Encode(SampleBatches.Random(random));
            Assert.True(TryDecode(bytes, out IReadOnlyList<SceneOperation> read));
            Assert.Equal(bytes, Encode(read));
        }
    }

    [Fact]
    public void A_batch_that_is_cut_short_anywhere_is_refused()
    {
        byte[] bytes = Encode(SampleBatches.EveryOperation);
        for (int length = 0; length < bytes.Length; length++)
            Assert.False(TryDecode(bytes[..length], out _), $"cut after {length} of {bytes.Length} bytes");
    }

    [Fact]
    public void Changed_bytes_are_refused_or_read_as_something_that_can_be_written()
    {
        var random = new SeededRandom(2);
        byte[] good = Encode(SampleBatches.EveryOperation);
        int readable = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = Mutation.Of(good, random);
            if (!TryDecode(bytes, out IReadOnlyList<SceneOperation> read)) continue;
            readable++;
            byte[] again = Encode(read);
            Assert.True(TryDecode(again, out IReadOnlyList<SceneOperation> twice));
            Assert.Equal(again, Encode(twice));
        }

        // A fuzzer that never gets past the first check would prove nothing.
        Assert.InRange(readable, 100, 19_900);
    }

    [Fact]
    public void Noise_is_refused_or_read_without_an_exception()
    {
        var random = new SeededRandom(3);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[random.Next(80)];
            for (int at = 0; at < bytes.Length; at++) bytes[at] = (byte)(random.Chance(0.7) ? random.Next(10) : random.Next(256));
            TryDecode(bytes, out _);
        }
    }

    [Theory]
    [InlineData(1UL << 20)]
    [InlineData(1UL << 31)]
    [InlineData(1UL << 63)]
    public void A_count_without_the_bytes_for_it_allocates_nothing_by_it(ulong count)
    {
        // As the number of operations, of a template's nodes, and of properties.
        byte[][] claims =
        [
            Write(w => w.Number(count)),
            Write(w => { w.Number(1); w.Byte(1); OperationCodec.Encode(w, NodeRef.At("/root")); w.UInt32(1); w.Number(count); }),
            Write(w => { w.Number(1); w.Byte(6); OperationCodec.Encode(w, NodeRef.At("/root")); w.Number(count); }),
        ];
        foreach (byte[] claim in claims)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.False(TryDecode(claim, out _));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8192);
        }
    }

    [Fact]
    public void A_batch_of_more_operations_than_allowed_is_refused()
    {
        SceneOperation[] most = [.. Enumerable.Repeat(new DespawnOperation(NodeRef.Of(new(7))), OperationCodec.OperationsMax)];
        Assert.True(TryDecode(Encode(most), out _));
        Assert.False(TryDecode(Encode([.. most, most[0]]), out _));
    }

    [Fact]
    public void A_template_whose_node_comes_before_its_parent_is_refused()
    {
        var template = new SceneTemplate([SampleBatches.Node(-1, "A"), SampleBatches.Node(2, "B"), SampleBatches.Node(0, "C")]);
        Assert.False(TryDecode(Encode([new SpawnOperation(NodeRef.At("/root"), template)]), out _));
    }

    private static byte[] Write(Action<ByteWriter> write)
    {
        var writer = new ByteWriter();
        write(writer);
        return writer.ToArray();
    }

    private static byte[] Encode(IReadOnlyList<SceneOperation> batch) => Write(w => OperationCodec.Encode(w, batch));

    private static bool TryDecode(byte[] bytes, out IReadOnlyList<SceneOperation> batch)
    {
        var reader = new ByteReader(bytes);
        return OperationCodec.TryDecode(ref reader, out batch) && reader.IsAtEnd;
    }
}
