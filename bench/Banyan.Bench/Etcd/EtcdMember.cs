using System.Diagnostics;

namespace Banyan.Bench.Etcd;

/// <summary>One etcd process.</summary>
internal sealed class EtcdMember : IDisposable
{
    private const int LogLinesMax = 20;

    private readonly Process _process;
    private readonly Queue<string> _log = new();

    private EtcdMember(Process process, Uri endpoint)
    {
        _process = process;
        Endpoint = endpoint;
    }

    /// <summary>Where clients connect.</summary>
    public Uri Endpoint { get; }

    public int ProcessId => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Processor time spent since its start.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>The last lines of its log.</summary>
    public string LogTail
    {
        get
        {
            lock (_log) return string.Join('\n', _log);
        }
    }

    public static EtcdMember Start(string binary, string folder, string name, Uri client, Uri peer, string cluster)
    {
        var start = new ProcessStartInfo(binary)
        {
            WorkingDirectory = folder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "--name", name,
                "--data-dir", Path.Combine(folder, name),
                "--listen-client-urls", Address(client),
                "--advertise-client-urls", Address(client),
                "--listen-peer-urls", Address(peer),
                "--initial-advertise-peer-urls", Address(peer),
                "--initial-cluster", cluster,
                "--initial-cluster-state", "new",
                "--initial-cluster-token", Path.GetFileName(folder),
                // The default of 2 GiB would end a long run; 8 GiB is the most that etcd recommends.
                "--quota-backend-bytes", (8L << 30).ToString(),
                "--logger", "zap",
                "--log-outputs", "stderr",
                "--log-level", "warn",
            },
        };

        // etcd reads every flag from the environment too; a stray one must not change the baseline.
        foreach (string variable in start.Environment.Keys.Where(k => k.StartsWith("ETCD_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(variable);

        var process = new Process { StartInfo = start };
        var member = new EtcdMember(process, client);
        process.ErrorDataReceived += (_, line) => member.OnLogLine(line.Data);
        process.OutputDataReceived += (_, line) => member.OnLogLine(line.Data);
        process.Start();
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return member;
    }

    /// <summary>An address as etcd's flags take it: without a slash at the end.</summary>
    public static string Address(Uri uri) => uri.GetLeftPart(UriPartial.Authority);

    /// <summary>Ends the process and waits for its end. Its data is thrown away, so it is not asked first.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit(TimeSpan.FromSeconds(10));
        }

        _process.Dispose();
    }

    private void OnLogLine(string? line)
    {
        if (line is null) return;
        lock (_log)
        {
            if (_log.Count == LogLinesMax) _log.Dequeue();
            _log.Enqueue(line);
        }
    }
}
