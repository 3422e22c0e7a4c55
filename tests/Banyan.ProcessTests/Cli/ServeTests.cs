using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Banyan.Client;
using Banyan.Client.Local;

namespace Banyan.ProcessTests.Cli;

public class ServeTests
{
    [Fact]
    public async Task A_server_that_is_told_to_stop_ends_and_its_clients_are_told()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there is no SIGTERM on Windows");
        using TemporaryFolder folder = new();
        using Process server = Serve(folder.Path, out Uri gateway);
        await HealthyAsync(gateway);
        await using BanyanClient client = await BanyanClient.ConnectAsync(gateway);
        await using IAsyncEnumerator<SceneUpdate> updates = client.SubscribeAsync(stop: TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await updates.MoveNextAsync());
        using Hostile.RawSession session = await Hostile.RawSession.GreetAsync(gateway, 9);

        await Signal.TerminateAsync(server);
        Assert.Equal("the server is stopping", await session.UntilClosedAsync());
        BanyanCommand end = await BanyanCommand.EndAsync(server);
        end.AssertDone();
        Assert.StartsWith("banyan ", end.Output);

        // It left its folder in order.
        using Process again = Serve(folder.Path, out Uri other);
        await HealthyAsync(other);
        await Signal.TerminateAsync(again);
        (await BanyanCommand.EndAsync(again)).AssertDone();
    }

    [Fact]
    public async Task A_second_server_on_the_same_folder_says_that_it_is_in_use()
    {
        using TemporaryFolder folder = new();
        using Process server = Serve(folder.Path, out Uri gateway);
        await HealthyAsync(gateway);
        using Process second = Serve(folder.Path, out _);
        (await BanyanCommand.EndAsync(second)).AssertFailed(1, $"The folder '{folder.Path}' cannot be locked; another server is probably using it");
        server.Kill();
        await server.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        using TemporaryFolder folder = new();
        using Process asGateway = Serve(folder.Path, out _, gatewayPort: port);
        (await BanyanCommand.EndAsync(asGateway)).AssertFailed(1, $"127.0.0.1:{port}");
        using Process asPeer = Serve(folder.Path, out _, peerPort: port);
        (await BanyanCommand.EndAsync(asPeer)).AssertFailed(1, $"127.0.0.1:{port}");
    }

    [Theory]
    [InlineData("--server \"x\"", "--server", "x")]
    [InlineData("--server \"1=localhost\"", "--server", "1=localhost")]
    [InlineData("--id 9: no --server has this id", "--id", "9")]
    [InlineData("an id is there twice", "--server", "1=127.0.0.1:1,http://127.0.0.1:2", "--server", "1=127.0.0.1:3,http://127.0.0.1:4")]
    [InlineData("--grace 0: expected 1 to 3600 seconds", "--project", ".", "--open", "--grace", "0")]
    [InlineData("--grace 3601: expected 1 to 3600 seconds", "--project", ".", "--open", "--grace", "3601")]
    [InlineData("--grace NaN: expected 1 to 3600 seconds", "--project", ".", "--open", "--grace", "NaN")]
    [InlineData("--grace soon: expected a number", "--project", ".", "--open", "--grace", "soon")]
    [InlineData("--grace: there is no game without --project", "--grace", "10")]
    public async Task Options_that_make_no_sense_are_bad_input(string message, params string[] options) =>
        (await BanyanCommand.RunAsync(["serve", .. options])).AssertFailed(2, message);

    [Fact]
    public async Task A_log_that_is_damaged_in_its_middle_is_refused_with_file_and_offset()
    {
        using TemporaryFolder folder = new();
        await using (LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable, servers: 1, folder.Path))
        {
            (await BanyanCommand.RunAsync(cluster.Gateways[0], "import", Checkout.Town)).AssertDone();
            for (int i = 0; i < 5; i++) (await BanyanCommand.RunAsync(cluster.Gateways[0], "set", "/root/Town", "x", $"{i}")).AssertDone();
        }

        string data = Path.Combine(folder.Path, "server1");
        string log = Assert.Single(Directory.GetFiles(data, "wal-0*"));
        byte[] bytes = await File.ReadAllBytesAsync(log, TestContext.Current.CancellationToken);
        int used = Array.FindLastIndex(bytes, b => b != 0) + 1;
        bytes[used / 2] ^= 1;
        await File.WriteAllBytesAsync(log, bytes, TestContext.Current.CancellationToken);

        using Process server = Serve(data, out _);
        BanyanCommand end = await BanyanCommand.EndAsync(server);
        end.AssertFailed(1, $"{data} is damaged: ");
        Assert.Contains(Path.GetFileName(log), end.Error);
        Assert.Matches(" at byte [0-9]+: ", end.Error);
        // Nothing was repaired, or cut off.
        Assert.Equal(bytes, await File.ReadAllBytesAsync(log, TestContext.Current.CancellationToken));
    }

    private static async Task HealthyAsync(Uri gateway)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await Poll.UntilAsync(
            async () =>
            {
                try
                {
                    return (await http.GetAsync(new Uri(gateway, "/healthz"), TestContext.Current.CancellationToken)).IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            () => $"{gateway} to answer");
    }

    private static Process Serve(string data, out Uri gateway, int? peerPort = null, int? gatewayPort = null)
    {
        int[] free = LoopbackPorts.Free(2);
        gateway = new($"http://127.0.0.1:{gatewayPort ?? free[1]}");
        return BanyanCommand.Start(null, ["serve", "--with-parent", "--data", data, "--server", $"1=127.0.0.1:{peerPort ?? free[0]},{gateway}"]);
    }
}
