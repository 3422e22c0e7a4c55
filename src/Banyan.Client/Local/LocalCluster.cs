using System.Diagnostics;
using System.Net;
using System.Text;

namespace Banyan.Client.Local;

/// <summary>A cluster of server processes on this machine, in a folder of its own: for demos, benches and tests.</summary>
public sealed class LocalCluster : IAsyncDisposable
{
    private static readonly TimeSpan _stopMax = TimeSpan.FromSeconds(3);

    private readonly string _executable;
    private readonly string _folder;
    private readonly bool _ownsFolder;
    private readonly IReadOnlyList<string> _moreArguments;
    private readonly List<string> _addresses = [];
    private readonly Process?[] _processes;
    private readonly StringBuilder[] _output;

    private LocalCluster(string executable, int servers, string? folder, IReadOnlyList<string> moreArguments)
    {
        _executable = executable;
        _moreArguments = moreArguments;
        _ownsFolder = folder is null;
        _folder = folder ?? Directory.CreateTempSubdirectory("banyan-").FullName;
        _processes = new Process?[servers];
        _output = [.. Enumerable.Range(0, servers).Select(_ => new StringBuilder())];
        int[] ports = LoopbackPorts.Free(servers * 2);
        for (int i = 0; i < servers; i++)
        {
            var gateway = new Uri($"http://127.0.0.1:{ports[servers + i]}");
            Gateways.Add(gateway);
            Peers.Add(new(IPAddress.Loopback, ports[i]));
            _addresses.Add($"{i + 1}={Peers[i]},{gateway}");
        }
    }

    /// <summary>Where clients reach the servers, in the order of their ids (1, 2, …).</summary>
    public List<Uri> Gateways { get; } = [];

    /// <summary>Where the servers reach each other, in the same order.</summary>
    public List<IPEndPoint> Peers { get; } = [];

    /// <summary>Where the servers keep their data.</summary>
    public string Folder => _folder;

    /// <summary>Starts all servers and waits until they answer.</summary>
    /// <param name="executable">The <c>banyan</c> executable.</param>
    /// <param name="servers">How many.</param>
    /// <param name="folder">Where their data goes, kept afterwards; null for a temporary folder that is deleted.</param>
    /// <param name="moreArguments">For <c>banyan serve</c>; in each, <c>{server}</c> stands for the server's number.</param>
    /// <exception cref="IOException">A server did not start; the message holds what it said.</exception>
    public static async Task<LocalCluster> StartAsync(string executable, int servers = 3, string? folder = null, params IReadOnlyList<string> moreArguments)
    {
        var cluster = new LocalCluster(executable, servers, folder, moreArguments);
        try
        {
            for (int i = 1; i <= servers; i++) cluster.Launch(i);
            for (int i = 1; i <= servers; i++) await cluster.WaitUntilHealthyAsync(i).ConfigureAwait(false);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The process of a server; null while it is down.</summary>
    public int? ProcessIdOf(int server) => _processes[server - 1]?.Id;

    /// <summary>Processor time that all running servers have spent since their start.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            TimeSpan sum = TimeSpan.Zero;
            foreach (Process? process in _processes)
            {
                process?.Refresh();
                if (process is { HasExited: false }) sum += process.TotalProcessorTime;
            }

            return sum;
        }
    }

    /// <summary>What a server has printed.</summary>
    public string OutputOf(int server)
    {
        lock (_output[server - 1]) return _output[server - 1].ToString();
    }

    /// <summary>Kills a server hard, as a power cut of its process would.</summary>
    public void Kill(int server)
    {
        Process? process = _processes[server - 1];
        _processes[server - 1] = null;
        if (process is null) return;
        if (!process.HasExited) process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    /// <summary>Starts a server that was killed.</summary>
    public Task RestartAsync(int server)
    {
        Launch(server);
        return WaitUntilHealthyAsync(server);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        // Asked first, so that they end in good order; killed if they do not.
        foreach (Process? process in _processes) process?.StandardInput.Close();
        var waited = Stopwatch.StartNew();
        for (int i = 1; i <= _processes.Length; i++)
        {
            TimeSpan left = _stopMax - waited.Elapsed;
            _processes[i - 1]?.WaitForExit(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            Kill(i);
        }

        if (_ownsFolder) Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private void Launch(int server)
    {
        var start = new ProcessStartInfo(_executable)
        {
            // Whatever becomes of this process, its servers end with it.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add("serve");
        start.ArgumentList.Add("--with-parent");
        start.ArgumentList.Add("--id");
        start.ArgumentList.Add(server.ToString());
        start.ArgumentList.Add("--data");
        start.ArgumentList.Add(Path.Combine(_folder, $"server{server}"));
        foreach (string address in _addresses)
        {
            start.ArgumentList.Add("--server");
            start.ArgumentList.Add(address);
        }

        foreach (string argument in _moreArguments) start.ArgumentList.Add(argument.Replace("{server}", server.ToString()));
        Process process = Process.Start(start) ?? throw new IOException($"{_executable} could not be started");
        DataReceivedEventHandler keep = (_, line) =>
        {
            lock (_output[server - 1])
            {
                if (line.Data is not null && _output[server - 1].Length < 1 << 20) _output[server - 1].AppendLine(line.Data);
            }
        };
        process.OutputDataReceived += keep;
        process.ErrorDataReceived += keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes[server - 1] = process;
    }

    private async Task WaitUntilHealthyAsync(int server)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(2) };
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromSeconds(60);)
        {
            if (_processes[server - 1] is not { HasExited: false }) break;
            try
            {
                using HttpResponseMessage answer = await http.GetAsync(new Uri(Gateways[server - 1], "/healthz")).ConfigureAwait(false);
                if (answer.IsSuccessStatusCode) return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Not yet.
            }

            await Task.Delay(20).ConfigureAwait(false);
        }

        throw new IOException($"server {server} did not start: {OutputOf(server)}");
    }
}
