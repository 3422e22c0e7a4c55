using System.Net;
using System.Net.Sockets;
using Banyan.Client;

namespace Banyan.ProcessTests.Cluster;

/// <summary>Gateways that take connections and say nothing.</summary>
public sealed class SilentGatewayTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _taken = [];

    public SilentGatewayTests() => _listener.Start();

    private Uri Gateway => new($"http://{_listener.LocalEndpoint}/");

    [Fact]
    public async Task A_gateway_that_is_slow_at_first_is_asked_again()
    {
        Task<BanyanClient> connecting = BanyanClient.ConnectAsync(Gateway, new() { Timeout = TimeSpan.FromMinutes(1), ConnectTimeout = TimeSpan.FromMilliseconds(200) });
        for (int i = 0; i < 3; i++) _taken.Add(await _listener.AcceptSocketAsync(TestContext.Current.CancellationToken));
        Assert.False(connecting.IsCompleted);

        // Who refuses is gone: that is known at once.
        _listener.Stop();
        foreach (Socket socket in _taken) socket.Dispose();
        BanyanException refused = await Assert.ThrowsAsync<BanyanException>(() => connecting);
        Assert.DoesNotContain("no answer in time", refused.Message);
    }

    [Fact]
    public async Task Silence_ends_with_the_time_that_a_request_may_take()
    {
        BanyanException silent = await Assert.ThrowsAsync<BanyanException>(
            () => BanyanClient.ConnectAsync(Gateway, new() { Timeout = TimeSpan.FromSeconds(3), ConnectTimeout = TimeSpan.FromMilliseconds(200) }));
        Assert.EndsWith("no answer in time", silent.Message);
        int attempts = 0;
        for (; _listener.Pending(); attempts++) _taken.Add(await _listener.AcceptSocketAsync(TestContext.Current.CancellationToken));
        Assert.InRange(attempts, 2, 16);
    }

    public void Dispose()
    {
        foreach (Socket socket in _taken) socket.Dispose();
        _listener.Dispose();
    }
}
