using System.Text;
using System.Text.Json;
using Banyan.Bench.Idle;
using Xunit;

namespace Banyan.Bench.Tests.Idle;

public sealed class IdleBenchResultTests
{
    [Fact]
    public void Processor_time_is_given_in_per_cent_of_one_core()
    {
        IReadOnlyList<double> percent = IdleBenchResult.Percent(
            [TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1)], [TimeSpan.FromSeconds(5.2), TimeSpan.FromSeconds(3)], TimeSpan.FromSeconds(10));
        Assert.Equal([2, 20], percent.Select(p => Math.Round(p, 6)));
    }

    [Fact]
    public void The_result_is_written_with_the_sum_of_all_servers()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) IdleBench.WriteJson(writer, new(1000, 3, 20.01, [0.5, 0.25, 1], 1234.4));
        Assert.Equal(
            """{"ranges":1000,"servers":3,"seconds":20,"corePercent":1.75,"perServer":[0.5,0.25,1],"bytesPerSecond":1234}""",
            Encoding.UTF8.GetString(stream.ToArray()));
    }
}
