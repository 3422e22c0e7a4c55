using System.Globalization;
using System.Net;
using Banyan.Client.Local;
using Banyan.Server.Torture.Proxy;

namespace Banyan.Server.Torture.Processes;

/// <summary>Servers on loopback, each of which finds the others only through the <see cref="FaultProxy"/>.</summary>
internal sealed class TortureCluster : IAsyncDisposable
{
    private static readonly TimeSpan _startMax = TimeSpan.FromSeconds(60);

    private TortureCluster(string folder, FaultProxy network, IReadOnlyList<TortureServer> servers, FakeClocks? clocks, SmallDisk? disk) =>
        (Folder, Network, Servers, Clocks, SmallDisk) = (folder, network, servers, clocks, disk);

    /// <summary>Where their data lies.</summary>
    public string Folder { get; }

    public FaultProxy Network { get; }

    /// <summary>In the order of their ids (1, 2, …).</summary>
    public IReadOnlyList<TortureServer> Servers { get; }

    /// <summary>Their clocks; null where they cannot be changed.</summary>
    public FakeClocks? Clocks { get; }

    /// <summary>The disk of the last server; null where none could be mounted.</summary>
    public SmallDisk? SmallDisk { get; }

    public TortureServer this[int id] => Servers[id - 1];

    /// <summary>Starts all of them and waits until they answer.</summary>
    /// <exception cref="IOException">A server did not start; the message holds what it said.</exception>
    public static async Task<TortureCluster> StartAsync(
        string executable, int count, string folder, ulong seed, FakeClocks? clocks, SmallDisk? disk, CancellationToken stop)
    {
        int[] ports = LoopbackPorts.Free(count * 2);
        IPEndPoint[] peers = [.. Enumerable.Range(0, count).Select(i => new IPEndPoint(IPAddress.Loopback, ports[i]))];
        var network = new FaultProxy(peers, seed);
        var servers = new List<TortureServer>();
        for (int id = 1; id <= count; id++)
        {
            string data = disk is not null && id == count ? Path.Combine(disk.Folder, "data") : Path.Combine(folder, $"server{id}");
            var arguments = new List<string>
            {
                "serve", "--with-parent", "--id", id.ToString(CultureInfo.InvariantCulture), "--data", data, "--checkpoint-mib", "8", "--cluster", "torture",
            };
            for (int other = 1; other <= count; other++)
            {
                // Itself it finds where it really is, the others behind their links.
                IPEndPoint peer = other == id ? peers[id - 1] : network[id, other].EndPoint;
                arguments.AddRange("--server", $"{other}={peer},http://127.0.0.1:{ports[count + other - 1]}");
            }

            IReadOnlyDictionary<string, string> environment = clocks?.EnvironmentOf(id) ?? new Dictionary<string, string>();
            servers.Add(new(id, executable, new($"http://127.0.0.1:{ports[count + id - 1]}"), data, arguments, environment));
        }

        var cluster = new TortureCluster(folder, network, servers, clocks, disk);
        try
        {
            foreach (TortureServer server in servers) server.Start();
            foreach (TortureServer server in servers)
            {
                if (!await server.WaitUntilHealthyAsync(_startMax, stop).ConfigureAwait(false))
                    throw new IOException($"server {server.Id} did not start: {server.Output}");
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ends every server at once, and none starts again.</summary>
    public void Close()
    {
        foreach (TortureServer server in Servers) server.Close();
    }

    /// <summary>Ends every server, by its process id, and the network between them.</summary>
    public async ValueTask DisposeAsync()
    {
        Close();
        await Network.DisposeAsync().ConfigureAwait(false);
    }
}
