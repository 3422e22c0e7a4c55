using Banyan.Primitives;

namespace Banyan.Storage.Tests.Versions;

/// <summary>Measures the whole process, and so runs alone.</summary>
[CollectionDefinition(nameof(VersionedMapMemoryTests), DisableParallelization = true)]
[Collection(nameof(VersionedMapMemoryTests))]
public sealed class VersionedMapMemoryTests
{
    [Fact]
    public void Half_a_million_small_keys_fit_well_under_120_megabytes()
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var map = new VersionedMap();
        var random = new SeededRandom(1);
        for (int i = 0; i < 500_000; i++)
        {
            byte[] key = new byte[30];
            for (int b = 0; b < 30; b++) key[b] = (byte)random.Next(256);
            map.Put(new(key), new(1), new byte[20]);
        }

        long used = GC.GetTotalMemory(forceFullCollection: true) - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{used / 1e6:f1} MB, estimated {map.ApproximateBytes / 1e6:f1} MB");
        Assert.InRange(used, 1, 100_000_000);
        Assert.InRange(map.ApproximateBytes, used * 3 / 4, used * 5 / 4);
        GC.KeepAlive(map);
    }
}
