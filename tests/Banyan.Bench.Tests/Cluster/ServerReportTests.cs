using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Banyan.Bench.Cluster;
using Xunit;

namespace Banyan.Bench.Tests.Cluster;

public sealed class ServerReportTests
{
    [Fact]
    public void What_the_benches_need_is_read_from_a_servers_status()
    {
        ServerReport report = ServerReport.Parse(Encoding.UTF8.GetBytes(
            """
            {"server":2,"timestamp":"17.0","peers":[{"server":1,"bytesSent":40},{"server":3,"bytesSent":2}],
             "ranges":[{"start":"","holdsLease":false,"keys":5,"lagMs":1.5},{"start":"53","holdsLease":true,"keys":7}]}
            """));
        Assert.Equal(2, report.Server);
        Assert.Equal("17.0", report.Timestamp);
        Assert.Equal(42, report.BytesSent);
        Assert.Equal([new("", false, 5), new("53", true, 7)], report.Ranges);
        Assert.Equal(1, report.Leases);
    }

    [Theory]
    [InlineData("""{"server":2}""")]
    [InlineData("""[]""")]
    [InlineData("""{"server":"two","timestamp":"17.0","peers":[],"ranges":[]}""")]
    [InlineData("not JSON")]
    public void What_is_no_status_is_refused(string text) =>
        Assert.ThrowsAny<JsonException>(() => ServerReport.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public async Task A_server_that_takes_the_connection_and_never_answers_is_named()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var gateway = new Uri($"http://{silent.LocalEndpoint}");
        IOException failure = await Assert.ThrowsAsync<IOException>(() => ServerReport.ReadAsync(gateway));
        Assert.StartsWith($"{gateway}: ", failure.Message);
    }

    [Fact]
    public void Leases_are_spread_when_each_range_is_led_once_and_no_server_leads_two_more_than_another()
    {
        Assert.True(ServerProcesses.AreSpread([Report(1, "ab", "cde"), Report(2, "cd", "abe"), Report(3, "e", "abcd")], 5));
        Assert.False(ServerProcesses.AreSpread([Report(1, "abc", "de"), Report(2, "d", "abce"), Report(3, "e", "abcd")], 5));
        // A range without a leaseholder; a range that one server does not know yet; no answers at all.
        Assert.False(ServerProcesses.AreSpread([Report(1, "ab", "cde"), Report(2, "cd", "abe"), Report(3, "", "abcde")], 5));
        Assert.False(ServerProcesses.AreSpread([Report(1, "ab", "cde"), Report(2, "cd", "abe"), Report(3, "e", "abc")], 5));
        Assert.False(ServerProcesses.AreSpread([], 0));
    }

    internal static ServerReport Report(int server, string led, string others) =>
        new(server, "1.0", [.. led.Select(c => new RangeReport(c.ToString(), true, 0)), .. others.Select(c => new RangeReport(c.ToString(), false, 0))], 0);
}
