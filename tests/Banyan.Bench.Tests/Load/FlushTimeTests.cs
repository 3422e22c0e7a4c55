using Banyan.Bench.Load;

namespace Banyan.Bench.Tests.Load;

public class FlushTimeTests
{
    [Fact]
    public void It_measures_ordered_quantiles_and_leaves_no_file()
    {
        string folder = Directory.CreateTempSubdirectory("banyan-flush-").FullName;
        try
        {
            FlushTime measured = FlushTime.Measure(folder, samples: 20);

            Assert.Equal(20, measured.Samples);
            Assert.True(measured.P50Ms > 0);
            Assert.True(measured.P50Ms <= measured.P99Ms && measured.P99Ms <= measured.P999Ms);
            Assert.Empty(Directory.GetFileSystemEntries(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
