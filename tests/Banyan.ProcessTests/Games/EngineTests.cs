using System.Diagnostics;
using Banyan.Client.Local;

namespace Banyan.ProcessTests.Games;

/// <summary>The same in the real engine, where the variable GODOT names a Godot 4: tests/godot/plain, a game without the addon.</summary>
public sealed class EngineTests
{
    // Of a project that no editor has ever opened.
    private const string Harmless = "Could not load global script cache.";

    [Fact]
    public async Task Two_games_on_two_servers_see_each_other_come_move_spawn_speak_and_go()
    {
        string? godot = Environment.GetEnvironmentVariable("GODOT");
        if (godot is null) Assert.Skip("GODOT names no Godot 4 binary");
        await using LocalCluster cluster = await LocalCluster.StartAsync(BanyanCommand.Executable, 3, null, "--project", Checkout.PlainGame, "--open");
        (await BanyanCommand.RunAsync(cluster.Gateways[0], "import", Path.Combine(Checkout.PlainGame, "main.tscn"))).AssertDone();
        using var one = new Engine(godot, cluster.Gateways[0]);
        using var two = new Engine(godot, cluster.Gateways[1]);
        await Poll.UntilAsync(() => one.Peer is not null && two.Peer is not null, () => $"{one}\n{two}");
        await Poll.UntilAsync(() => Sees(one, two) && Sees(two, one), () => $"{one}\n{two}");
        one.Dispose();
        await Poll.UntilAsync(() => two.Has($"LEFT {one.Peer}") && two.Has($"GONE {one.Peer}"), () => $"{two}");
        Assert.Empty(one.Errors);
        Assert.Empty(two.Errors);
    }

    // Its place and title, something that it has spawned itself, and what it said.
    private static bool Sees(Engine one, Engine other) =>
        one.Has($"PEER {other.Peer}") && one.Has($"SPAWNED {other.Peer}") && one.Has($"GREETED by {other.Peer}: hello")
        && one.Lines.Any(l => l.StartsWith($"SEE {other.Peer} at (", StringComparison.Ordinal) && l.Contains(" frame ", StringComparison.Ordinal) && l.Contains("Drop=", StringComparison.Ordinal));

    private sealed class Engine : IDisposable
    {
        private readonly Process _process;
        private readonly List<string> _lines = [];

        public Engine(string godot, Uri gateway)
        {
            var start = new ProcessStartInfo(godot) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
            foreach (string argument in new[] { "--headless", "--path", Checkout.PlainGame, "--", $"ws://{gateway.Authority}/godot" }) start.ArgumentList.Add(argument);
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

        public string? Peer => Array.Find(Lines, l => l.StartsWith("CONNECTED ", StringComparison.Ordinal))?["CONNECTED ".Length..];

        public string[] Errors => [.. Lines.Where(l => l.Contains("ERROR", StringComparison.Ordinal) && !l.Contains(Harmless, StringComparison.Ordinal))];

        public bool Has(string line) => Lines.Contains(line);

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
}
