using System.Diagnostics;
using System.Globalization;
using System.Text;
using Banyan.Primitives;
using Banyan.Server.Torture.Load;
using Banyan.Server.Torture.Processes;

namespace Banyan.Server.Torture.Faults;

/// <summary>Draws faults from a seed, one or several at once, with calm between; everything is whole again at the end.</summary>
internal sealed class Nemesis(TortureCluster cluster, TortureLoad load, IReadOnlyList<string> kinds, ulong seed, Action<string> say)
{
    private static readonly TimeSpan _recoveryMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _clockSettles = TimeSpan.FromSeconds(4);

    private readonly SeededRandom _random = new(seed);
    private readonly StringBuilder _timeline = new();
    private double _scale = 1;
    private double _calmSeconds;
    private long _calmOperations;

    /// <summary>How often each kind has happened.</summary>
    public SortedDictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);

    public List<string> Violations { get; } = [];

    /// <summary>Operations a second while nothing was wrong.</summary>
    public double CalmOperationsPerSecond => _calmSeconds > 0 ? _calmOperations / _calmSeconds : 0;

    /// <summary>What happened when, in the histories' microseconds.</summary>
    public string Timeline => _timeline.ToString();

    /// <summary>Until the time is up, or something was violated, whichever comes first.</summary>
    public async Task RunAsync(TimeSpan duration, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        // A short run has short pauses and short faults.
        _scale = Math.Clamp(duration.TotalSeconds / 30, 0.2, 1);
        // Every kind once before any comes twice: a short run is worth as much as it can be.
        var bag = new List<string>();
        while (true)
        {
            TimeSpan calm = TimeSpan.FromMilliseconds(_random.NextInRange(2500, 6000) * _scale);
            TimeSpan left = duration - clock.Elapsed;
            await StayCalmAsync(calm < left ? calm : left, stop).ConfigureAwait(false);
            if (clock.Elapsed >= duration || Violations.Count > 0 || load.Violations.Count > 0) return;
            if (kinds.Count == 0) continue;
            CheckEnded();
            await RunRoundAsync(Draw(bag), duration - clock.Elapsed, stop).ConfigureAwait(false);
        }
    }

    private List<string> Draw(List<string> bag)
    {
        var drawn = new List<string>();
        int count = _random.Chance(0.6) ? 1 : 2 + _random.Next(2);
        for (int i = 0; i < count && kinds.Count > 0; i++)
        {
            if (bag.Count == 0) bag.AddRange(kinds);
            string kind = bag[_random.Next(bag.Count)];
            if (drawn.Contains(kind)) break;
            bag.Remove(kind);
            drawn.Add(kind);
        }

        return drawn;
    }

    private async Task RunRoundAsync(List<string> drawn, TimeSpan left, CancellationToken stop)
    {
        var scene = new FaultScene(cluster, load, _random, Report);
        var begun = new List<Fault>();
        try
        {
            foreach (string kind in drawn)
            {
                Fault fault = FaultCatalogue.Make(kind);
                begun.Add(fault);
                if (await fault.BeginAsync(scene, stop).ConfigureAwait(false) is not { } what) continue;
                Counts[kind] = Counts.GetValueOrDefault(kind) + 1;
                Note($"{kind}: {what}");
            }

            TimeSpan length = TimeSpan.FromMilliseconds(_random.NextInRange(1000, 6000) * _scale);
            // Servers notice a new clock within a second.
            if (FaultCatalogue.NeedClocks(drawn)) length += TimeSpan.FromSeconds(1.5);
            await Task.Delay(length < left ? length : left > TimeSpan.Zero ? left : TimeSpan.Zero, stop).ConfigureAwait(false);
        }
        finally
        {
            // In the order in which they came, so that what depends on a process finds it.
            foreach (Fault fault in begun) await fault.EndAsync(scene, stop).ConfigureAwait(false);
        }

        Note("healed");
        await RecoverAsync(stop).ConfigureAwait(false);
        if (drawn.Contains(FaultCatalogue.FarClock))
        {
            await Task.Delay(_clockSettles, stop).ConfigureAwait(false);
            load.SetClocksWild(false);
        }
    }

    private async Task RecoverAsync(CancellationToken stop)
    {
        var waited = Stopwatch.StartNew();
        foreach (TortureServer server in cluster.Servers)
        {
            if (await server.WaitUntilHealthyAsync(_recoveryMax, stop).ConfigureAwait(false)) continue;
            if (server.EndedWith is null) Report($"not-live: server {server.Id} is not healthy {_recoveryMax.TotalSeconds} s after the last fault: {await server.WhyNotHealthyAsync(stop).ConfigureAwait(false)}");
        }

        CheckEnded();
        Note($"all servers answer after {waited.Elapsed.TotalMilliseconds:F0} ms");
    }

    // Calm begins when something is acknowledged again.
    private async Task StayCalmAsync(TimeSpan time, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        long before = load.Totals.Operations;
        // Looked at once: a time that ran out in between would be negative, and a delay of −1 ms never ends.
        while (time - clock.Elapsed is var left && left > TimeSpan.Zero)
        {
            await Task.Delay(left < TimeSpan.FromMilliseconds(200) ? left : TimeSpan.FromMilliseconds(200), stop).ConfigureAwait(false);
            if (Violations.Count > 0 || load.Violations.Count > 0) break;
        }

        _calmSeconds += clock.Elapsed.TotalSeconds;
        _calmOperations += load.Totals.Operations - before;
    }

    // Nobody has told them to.
    private void CheckEnded()
    {
        foreach (TortureServer server in cluster.Servers)
        {
            if (server.EndedWith is not { } code) continue;
            Report($"ended: server {server.Id} has ended with {code} by itself: {server.Output}");
            server.Kill();
            server.Start();
        }
    }

    private void Report(string violation)
    {
        Note("VIOLATION " + violation);
        if (Violations.Count < 100) Violations.Add(violation);
    }

    private void Note(string text)
    {
        _timeline.Append(CultureInfo.InvariantCulture, $"{TortureClock.Microseconds,12} {text}\n");
        say(text);
    }
}
