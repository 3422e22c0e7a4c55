using Banyan.Kv.Store;
using Banyan.Primitives;
using Banyan.Simulator;
using Banyan.Simulator.Workloads;
using Banyan.Simulator.World;

namespace Banyan.Kv.Tests;

/// <summary>Messages as a faulty cluster really sends them, whole and damaged.</summary>
public class PeerMessageCodecTests
{
    [Fact]
    public void What_is_decoded_encodes_to_the_same_bytes()
    {
        foreach (byte[] message in Captured())
        {
            Assert.True(TryDecode(message, out Timestamp sentAt, out PeerMessage decoded));
            var writer = new ByteWriter();
            writer.Timestamp(sentAt);
            PeerMessageCodec.Encode(writer, decoded);
            Assert.Equal(message, writer.ToArray());
        }
    }

    [Fact]
    public void Damaged_messages_are_refused_or_read_but_never_throw()
    {
        List<byte[]> messages = Captured();
        var random = new SeededRandom(5);
        int refused = 0;
        for (int i = 0; i < 200_000; i++)
        {
            byte[] message = messages[random.Next(messages.Count)];
            byte[] damaged = random.Chance(0.3) ? message[..random.Next(message.Length)] : [.. message];
            for (int flips = 1 + random.Next(3); flips > 0 && damaged.Length > 0; flips--)
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            if (!TryDecode(damaged, out _, out _)) refused++;
        }

        Assert.InRange(refused, 1_000, 199_999);
    }

    private static bool TryDecode(byte[] bytes, out Timestamp sentAt, out PeerMessage message)
    {
        var reader = new ByteReader(bytes);
        sentAt = reader.Timestamp();
        return PeerMessageCodec.TryDecode(ref reader, out message) && reader.IsAtEnd;
    }

    private static List<byte[]> Captured()
    {
        var messages = new List<byte[]>();
        var faults = new FaultOptions { CrashEvery = 500_000, DownMax = 300_000, Loss = 0.05, SplitEvery = 500_000 };
        Simulation.Run(3, 120, new AppendWorkload(), faults, cluster => cluster.Network.OnSent = message =>
        {
            if (message.Length < 4096) messages.Add(message.ToArray());
        });
        // The simulator's servers have nothing above their stores.
        var writer = new ByteWriter();
        writer.Timestamp(new(7));
        PeerMessageCodec.Encode(writer, new PeerMessage.OfApplication(new byte[] { 1, 2, 3 }));
        messages.Add(writer.ToArray());
        return messages;
    }
}
