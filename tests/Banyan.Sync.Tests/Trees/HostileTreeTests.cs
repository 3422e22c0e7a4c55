using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Sync.Trees;
using static Banyan.Sync.Tests.Trees.TreeClient;

namespace Banyan.Sync.Tests.Trees;

/// <summary>Messages that no client of ours sends.</summary>
public sealed class HostileTreeTests
{
    private readonly SmallCluster _cluster = new();

    [Fact]
    public void What_is_no_message_is_said_to_be_none()
    {
        var client = new TreeClient(_cluster, HubOf(_cluster, """{ "/root/Main": "write" }"""));
        Assert.False(client.Say());
        Assert.False(client.Say("follow"));
        Assert.False(client.Say("follow", "1", "/root"));
        Assert.False(client.Say("follow", 1, 2));
        Assert.False(client.Say("unfollow", 1, 2));
        Assert.False(client.Say("change", 1, 0, new VariantArray([])));
        Assert.False(client.Say("change", 1, -1, new VariantArray([])));
        Assert.False(client.Say("change", 1, 1, "remove"));
        Assert.False(client.Say("tree", 1, new VariantArray([])));
        Assert.False(client.Session.TryTake([]));
        Assert.False(client.Session.TryTake([28, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F]));
    }

    [Fact]
    public void Bytes_that_were_tampered_with_never_throw()
    {
        var random = new SeededRandom(11);
        TreeHub hub = HubOf(_cluster, """{ "/root/Main": "write" }""");
        var client = new TreeClient(_cluster, hub);
        client.Follow(1, "/root/Main");
        var messages = new List<byte[]>();
        foreach (Variant message in new Variant[]
        {
            new VariantArray(["follow", 1, "/root/Main"]), new VariantArray(["unfollow", 1]),
            new VariantArray(["change", 1, 3, new VariantArray([Do("spawn", ".", "B", "Node", Properties(("x", 1))), Do("set", "B", Properties(("y", 2)))])]),
            new VariantArray(["change", 1, 4, new VariantArray([Do("move", "B", "Players", "C"), Do("remove", "Players/C")])]),
        })
        {
            var writer = new ByteWriter();
            VariantBinary.Encode(writer, message);
            messages.Add(writer.ToArray());
        }

        int taken = 0;
        for (int i = 0; i < 3_000; i++)
        {
            byte[] bytes = [.. messages[random.Next(messages.Count)]];
            for (int flips = random.Next(4); flips >= 0; flips--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (random.Chance(0.2)) bytes = bytes[..random.Next(bytes.Length)];
            if (client.Session.TryTake(bytes)) taken++;
            if (i % 100 == 0) _cluster.Pass(100_000);
        }

        Assert.InRange(taken, 10, 2_990);
        client.Session.Close();
        _cluster.Pass(1_000_000);
        Assert.Equal(0, hub.TreesCount);
    }
}
