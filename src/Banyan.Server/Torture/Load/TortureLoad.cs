using System.Diagnostics;
using Banyan.Client;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Server.Torture.Checking;

namespace Banyan.Server.Torture.Load;

/// <summary>
/// The clients and what they work on. Every few seconds they get new nodes; what they leave rests for some generations,
/// through more faults, and is then read once more, checked and removed.
/// </summary>
internal sealed class TortureLoad : IAsyncDisposable
{
    private const int RestingMax = 5;
    private const int OperationsMax = 40_000;
    private static readonly TimeSpan _lifetime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly List<Lane> _lanes = [];
    private readonly List<Task> _running = [];
    private readonly Queue<Generation> _resting = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Action<string> _say;
    private readonly SeededRandom _random;
    private readonly HistoryFolder _histories;
    private volatile Generation? _current;
    private volatile bool _clocksAreWild;
    private int _lastNumber;
    private long _lastValue;

    public TortureLoad(IReadOnlyList<Uri> gateways, double rate, int lanes, ulong seed, HistoryFolder histories, Action<string> say)
    {
        (Gateways, LaneCount, _histories, _say) = (gateways, lanes, histories, say);
        Pace = new(rate);
        _random = new(seed);
        for (int i = 1; i <= lanes; i++) _lanes.Add(new(i, this, _random.Fork()));
    }

    public IReadOnlyList<Uri> Gateways { get; }

    public int LaneCount { get; }

    public Pace Pace { get; }

    public LoadTotals Totals { get; } = new();

    public List<string> Violations { get; } = [];

    public NodeId LedgerNode { get; private set; }

    public Generation? Current => _current;

    public int GenerationsChecked { get; private set; }

    /// <summary>Generations during which a clock was too far off for reads to be up to date: there real time did not count.</summary>
    public int GenerationsWithoutRealTime { get; private set; }

    /// <summary>Keys of which a search could not tell in its time whether they are linearizable.</summary>
    public int Undecided { get; private set; }

    public static string LedgerProperty(int lane) => $"metadata/lane{lane}";

    public long NextValue() => Interlocked.Increment(ref _lastValue);

    /// <summary>The generation to work on; null while there is none, or it has had enough.</summary>
    public Generation? TryEnter()
    {
        if (_current is not { } generation || generation.Operations >= OperationsMax) return null;
        generation.Enter();
        // It may have been replaced in between: whoever retires it waits for those that have entered.
        if (_current == generation) return generation;
        generation.Leave();
        return null;
    }

    /// <summary>From now on reads may be stale, since a clock is further off than the bound; or no longer.</summary>
    public void SetClocksWild(bool areWild)
    {
        _clocksAreWild = areWild;
        _current?.ForgetRealTime();
    }

    /// <summary>Cuts the world, founds the first generation and lets the clients loose.</summary>
    public async Task StartAsync(CancellationToken stop)
    {
        await using (BanyanClient client = await BanyanClient.ConnectAsync(Gateways).ConfigureAwait(false))
        {
            for (int range = 0; range < Generation.Ranges; range++)
                await client.CutRangeAsync(SceneKeys.Start(Generation.FirstZoneOf(range)), new((uint)(range % Gateways.Count) + 1)).ConfigureAwait(false);
            var ledger = new SpawnOperation(NodeRef.At(ScenePath.Root), new([new(-1, "Ledger", "Node", "", [], 0, null, [], [])]));
            if (await client.TransactAsync(ledger).ConfigureAwait(false) is not TransactOutcome.Committed committed) throw new IOException("the world could not be founded");
            LedgerNode = committed.Nodes[0];
        }

        for (var waited = Stopwatch.StartNew(); _current is null;)
        {
            _current = await TryFoundAsync(stop).ConfigureAwait(false);
            if (_current is null && waited.Elapsed > _patience) throw new IOException("the first generation could not be founded");
        }

        foreach (Lane lane in _lanes) _running.Add(Task.Run(() => lane.RunAsync(_stop.Token), CancellationToken.None));
        _running.Add(Task.Run(RotateAsync, CancellationToken.None));
    }

    /// <summary>Stops the clients. What they left is checked by <see cref="CloseAsync"/>.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running).ConfigureAwait(false);
        _running.Clear();
    }

    /// <summary>After the faults have ended: reads and checks all that still rests, and the ledger.</summary>
    public async Task CloseAsync(CancellationToken stop)
    {
        if (_current is { } current) _resting.Enqueue(current);
        _current = null;
        while (_resting.TryDequeue(out Generation? generation))
        {
            if (!await TryCloseAsync(generation, _patience, stop).ConfigureAwait(false)) Violations.Add($"not-live: generation {generation.Number} could not be read after the faults had ended");
        }

        await CheckLedgerAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        // Ends what is under way, too.
        foreach (Lane lane in _lanes) await lane.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_running).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RotateAsync()
    {
        try
        {
            var age = Stopwatch.StartNew();
            while (true)
            {
                await Task.Delay(100, _stop.Token).ConfigureAwait(false);
                if (age.Elapsed < _lifetime && _current!.Operations < OperationsMax) continue;
                if (_resting.Count > RestingMax)
                {
                    // Until it can be read, the clients stay where they are.
                    if (!await TryCloseAsync(_resting.Peek(), TimeSpan.FromSeconds(5), _stop.Token).ConfigureAwait(false)) continue;
                    _resting.Dequeue();
                }

                if (await TryFoundAsync(_stop.Token).ConfigureAwait(false) is not { } next) continue;
                _resting.Enqueue(_current!);
                _current = next;
                if (_clocksAreWild) next.ForgetRealTime();
                age.Restart();
            }
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }
    }

    private async Task<Generation?> TryFoundAsync(CancellationToken stop)
    {
        // A number is never tried twice: nobody may know what became of the first try.
        int number = ++_lastNumber;
        try
        {
            await using BanyanClient client = await BanyanClient.ConnectAsync(Gateways, new() { Timeout = TimeSpan.FromSeconds(5), ConnectTimeout = TimeSpan.FromSeconds(1) }).ConfigureAwait(false);
            long invoked = TortureClock.Microseconds;
            if (await client.TransactAsync(Generation.Found(number)).ConfigureAwait(false) is not TransactOutcome.Committed committed) return null;
            long returned = TortureClock.Microseconds;
            SceneView view = await client.ReadTreeAsync(NodeRef.Of(committed.Nodes[0]), committed.Timestamp).ConfigureAwait(false);
            if (Generation.TryRead(number, view.Mirror, view.Node, invoked, returned) is { } generation) return generation;
            Report([$"half: generation {number} was committed at {committed.Timestamp}, and is not whole there"]);
            return null;
        }
        catch (BanyanException)
        {
            await Task.Delay(100, stop).ConfigureAwait(false);
            return null;
        }
    }

    private async Task<bool> TryCloseAsync(Generation generation, TimeSpan patience, CancellationToken stop)
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < patience;)
        {
            if (generation.UnderWay > 0)
            {
                await Task.Delay(20, stop).ConfigureAwait(false);
                continue;
            }

            try
            {
                int first = _random.Next(Gateways.Count);
                await using BanyanClient client = await BanyanClient.ConnectAsync(
                    Gateways.Skip(first).Concat(Gateways.Take(first)), new() { Timeout = TimeSpan.FromSeconds(5), ConnectTimeout = TimeSpan.FromSeconds(1) }).ConfigureAwait(false);
                long invoked = TortureClock.Microseconds;
                SceneView view = await client.ReadTreeAsync(NodeRef.Of(generation.Top), depth: 2).ConfigureAwait(false);
                var check = new GenerationCheck(generation, view.Mirror, view.Node, invoked, TortureClock.Microseconds);
                Report(check.Run());
                GenerationsChecked++;
                Undecided += check.Undecided;
                if (!generation.IsRealTime) GenerationsWithoutRealTime++;
                if (check.IsGood) await client.TransactAsync(new DespawnOperation(NodeRef.Of(generation.Top))).ConfigureAwait(false);
                _histories.Keep(generation, check);
                return true;
            }
            catch (BanyanException e)
            {
                if (e.Code == Client.Protocol.FailureCode.NotFound)
                {
                    Report([$"lost: generation {generation.Number} is gone: {e.Message}"]);
                    return true;
                }

                await Task.Delay(100, stop).ConfigureAwait(false);
            }
        }

        return false;
    }

    private async Task CheckLedgerAsync()
    {
        await using BanyanClient client = await BanyanClient.ConnectAsync(Gateways).ConfigureAwait(false);
        MirrorNode ledger = (await client.ReadTreeAsync(NodeRef.Of(LedgerNode), depth: 0).ConfigureAwait(false)).Node;
        foreach (Lane lane in _lanes)
        {
            long held = ledger.Properties.TryGetValue(LedgerProperty(lane.Number), out byte[]? bytes) && PropertyValue.TryDecode(bytes, out Godot.Variants.Variant value) ? value.AsInt() : 0;
            if (held < lane.Ledger.Acknowledged || held > lane.Ledger.Tried)
                Report([$"lost-write: the ledger of client {lane.Number} holds {held}; {lane.Ledger.Acknowledged} was acknowledged, {lane.Ledger.Tried} was the last tried"]);
        }
    }

    private void Report(IEnumerable<string> violations)
    {
        foreach (string violation in violations)
        {
            _say($"VIOLATION {violation}");
            lock (Violations)
            {
                if (Violations.Count < 100) Violations.Add(violation);
            }
        }
    }
}
