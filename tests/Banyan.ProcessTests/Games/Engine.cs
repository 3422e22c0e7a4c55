using System.Diagnostics;

namespace Banyan.ProcessTests.Games;

/// <summary>A Godot game that runs without a window, and what it prints.</summary>
internal sealed class Engine : IDisposable
{
    // Of a project that no editor has ever opened.
    private const string Harmless = "Could not load global script cache.";

    // What the variable GODOT names: one, or several with ':' between them (';' on Windows), of other versions or
    // precisions, which the games of a test take in turn and so play together.
    private static readonly string[] _binaries =
        Environment.GetEnvironmentVariable("GODOT")?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static int _started;

    private readonly Process _process;
    private readonly List<string> _lines = [];

    /// <summary>Starts a game with the next of the binaries.</summary>
    public Engine(string project, params string[] arguments)
    {
        var start = new ProcessStartInfo(_binaries[(Interlocked.Increment(ref _started) - 1) % _binaries.Length]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (string argument in (string[])["--headless", "--path", project, .. arguments]) start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Take;
        _process.ErrorDataReceived += Take;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string[] Lines
    {
        get
        {
            lock (_lines) return [.. _lines];
        }
    }

    public string[] Errors => [.. Lines.Where(l => l.Contains("ERROR", StringComparison.Ordinal) && !l.Contains(Harmless, StringComparison.Ordinal))];

    public bool HasExited => _process.HasExited;

    public bool Has(string line) => Lines.Contains(line);

    /// <summary>Lines that begin with a word, without it.</summary>
    public string[] After(string word) => [.. Lines.Where(l => l.StartsWith(word + " ", StringComparison.Ordinal)).Select(l => l[(word.Length + 1)..])];

    /// <summary>Waits for a line.</summary>
    public Task UntilAsync(string line) => UntilAsync(e => e.Has(line), line);

    /// <summary>Waits until something holds of what it has printed.</summary>
    public Task UntilAsync(Func<Engine, bool> holds, string what) => Poll.UntilAsync(() => holds(this), () => $"{what}\n{this}");

    /// <summary>Skips the test where GODOT names no engine.</summary>
    public static void SkipWithout() => Assert.SkipWhen(_binaries.Length == 0, "GODOT names no Godot 4 binary");

    public override string ToString() => string.Join('\n', Lines);

    public void Dispose()
    {
        if (_process.HasExited) return;
        _process.Kill();
        _process.WaitForExit();
    }

    private void Take(object sender, DataReceivedEventArgs e)
    {
        if (e.Data is null) return;
        lock (_lines) _lines.Add(e.Data);
    }
}
