using System.Diagnostics;
using System.Text;
using Banyan.Primitives;

namespace Banyan.Server.Torture.Processes;

/// <summary>One <c>banyan serve</c> process of the cluster: started, paused and killed by its process id alone.</summary>
internal sealed class TortureServer(int id, string executable, Uri gateway, string folder, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
{
    private const int OutputCharsMax = 1 << 18;
    private static readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(2) };

    private readonly Lock _gate = new();
    private readonly StringBuilder _output = new();
    private readonly Lock _processGate = new();
    private Process? _process;
    private bool _isPaused;
    private bool _isClosed;

    public int Id => id;

    public Uri Gateway => gateway;

    /// <summary>Its log and checkpoints.</summary>
    public string Folder => folder;

    /// <summary>Whether it was started and has not been killed since; it may have ended on its own.</summary>
    public bool IsStarted => _process is not null;

    /// <summary>Its exit code, if it ended although nobody has killed it.</summary>
    public int? EndedWith => _process is { HasExited: true } process ? process.ExitCode : null;

    /// <summary>What it printed since its last start.</summary>
    public string Output
    {
        get
        {
            lock (_gate) return _output.ToString();
        }
    }

    public void Start()
    {
        var start = new ProcessStartInfo(executable)
        {
            // However this process ends, its servers end with it.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        lock (_gate) _output.Clear();
        lock (_processGate)
        {
            if (_isClosed) throw new OperationCanceledException();
            Invariant.Holds(_process is null);
            Process process = Process.Start(start) ?? throw new IOException($"{executable} could not be started");
            process.OutputDataReceived += Keep;
            process.ErrorDataReceived += Keep;
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            _process = process;
            _isPaused = false;
        }
    }

    /// <summary>Kills it hard, as a power cut of its process would; what it had handed to the kernel stays.</summary>
    public void Kill()
    {
        lock (_processGate)
        {
            Process? process = _process;
            _process = null;
            if (process is null) return;
            if (!process.HasExited) process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }

    /// <summary>Kills it, and it never starts again.</summary>
    public void Close()
    {
        lock (_processGate)
        {
            _isClosed = true;
            Kill();
        }
    }

    public void Pause()
    {
        lock (_processGate)
        {
            if (_process is null) return;
            ProcessSignal.Pause(_process);
            _isPaused = true;
        }
    }

    public void Continue()
    {
        lock (_processGate)
        {
            if (_process is null || !_isPaused) return;
            ProcessSignal.Continue(_process);
            _isPaused = false;
        }
    }

    /// <summary>Waits until it answers for its health, or has ended, or the time is up: true for the first.</summary>
    public async Task<bool> WaitUntilHealthyAsync(TimeSpan limit, CancellationToken stop)
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < limit && _process is { HasExited: false };)
        {
            if (await WhyNotHealthyAsync(stop).ConfigureAwait(false) is null) return true;
            await Task.Delay(20, stop).ConfigureAwait(false);
        }

        return false;
    }

    /// <summary>What its health page says is wrong; null for nothing.</summary>
    public async Task<string?> WhyNotHealthyAsync(CancellationToken stop)
    {
        try
        {
            using HttpResponseMessage answer = await _http.GetAsync(new Uri(gateway, "/healthz"), stop).ConfigureAwait(false);
            return answer.IsSuccessStatusCode ? null : await answer.Content.ReadAsStringAsync(stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !stop.IsCancellationRequested))
        {
            return "no answer: " + e.Message;
        }
    }

    /// <summary>Waits until it has ended on its own; null if it has not in time.</summary>
    public async Task<int?> WaitUntilEndedAsync(TimeSpan limit, CancellationToken stop)
    {
        if (_process is not { } process) return null;
        try
        {
            await process.WaitForExitAsync(stop).WaitAsync(limit, stop).ConfigureAwait(false);
            return process.ExitCode;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_gate)
        {
            if (line.Data is not null && _output.Length < OutputCharsMax) _output.AppendLine(line.Data);
        }
    }
}
