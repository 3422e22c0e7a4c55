using Banyan.Client;
using Banyan.Client.Protocol;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Simulator.Checking.Histories;

namespace Banyan.Server.Torture.Load;

/// <summary>One client: one operation at a time, over a session of its own that now and then moves to another server.</summary>
internal sealed class Lane(int number, TortureLoad load, SeededRandom random) : IAsyncDisposable
{
    private static readonly ClientOptions _options = new() { Timeout = TimeSpan.FromSeconds(5), ConnectTimeout = TimeSpan.FromSeconds(1) };

    // Weights of the kinds, in parts of a thousand.
    private static readonly (int Weight, string Kind)[] _mix =
    [
        (370, "property-read"), (310, "property-write"), (60, "pair-write"), (20, "ledger"), (70, "register-read"), (20, "register-write"),
        (20, "register-cas"), (45, "append"), (45, "list-read"), (5, "snapshot"), (20, "transfer"), (15, "coin-read"),
    ];

    private readonly long[] _lastSeen = new long[Generation.Registers];
    private BanyanClient? _client;
    private long _process = number;
    private int _generation;
    private string? _why;

    /// <summary>The last ledger entry that was acknowledged, and the last one that was tried.</summary>
    public (long Acknowledged, long Tried) Ledger { get; private set; }

    public int Number => number;

    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await load.Pace.TurnAsync(stop).ConfigureAwait(false);
                if (load.TryEnter() is not { } generation)
                {
                    await Task.Delay(20, stop).ConfigureAwait(false);
                    continue;
                }

                try
                {
                    await RunOneAsync(generation).ConfigureAwait(false);
                }
                finally
                {
                    generation.Leave();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }
        catch (ObjectDisposedException) when (stop.IsCancellationRequested)
        {
            // Asked to stop at once.
        }
        finally
        {
            await DisconnectAsync().ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => _client?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task RunOneAsync(Generation generation)
    {
        if (_generation != generation.Number)
        {
            _generation = generation.Number;
            Array.Clear(_lastSeen);
        }

        if (!await ConnectAsync().ConfigureAwait(false)) return;
        string kind = Draw();
        _why = null;
        long invoked = TortureClock.Microseconds;
        OperationOutcome outcome = kind switch
        {
            "property-read" => await ReadPropertyAsync(generation, invoked).ConfigureAwait(false),
            "property-write" => await WritePropertyAsync(generation, invoked).ConfigureAwait(false),
            "pair-write" => await WritePairAsync(generation, invoked).ConfigureAwait(false),
            "ledger" => await WriteLedgerAsync().ConfigureAwait(false),
            "register-read" => await ReadRegisterAsync(generation, invoked).ConfigureAwait(false),
            "register-write" => await WriteRegisterAsync(generation, invoked).ConfigureAwait(false),
            "register-cas" => await ChangeRegisterAsync(generation, invoked).ConfigureAwait(false),
            "append" => await AppendAsync(generation, invoked).ConfigureAwait(false),
            "list-read" => await ReadListAsync(generation, invoked).ConfigureAwait(false),
            "snapshot" => await ReadSnapshotAsync(generation, invoked).ConfigureAwait(false),
            "transfer" => await TransferAsync(generation, invoked).ConfigureAwait(false),
            _ => await ReadCoinAsync(generation, invoked).ConfigureAwait(false),
        };
        load.Totals.Add(kind, outcome, TortureClock.Microseconds - invoked, _why);
        // What nobody knows the end of goes on as somebody else's: this client begins anew.
        if (outcome == OperationOutcome.Unknown) _process += load.LaneCount;
        // Not everybody waits beside a server that is cut off.
        if (outcome != OperationOutcome.Ok && random.Chance(0.5)) await DisconnectAsync().ConfigureAwait(false);
    }

    private string Draw()
    {
        int at = random.Next(1000);
        foreach ((int weight, string kind) in _mix)
        {
            at -= weight;
            if (at < 0) return kind;
        }

        return _mix[^1].Kind;
    }

    private async Task<bool> ConnectAsync()
    {
        if (_client is not null) return true;
        int first = random.Next(load.Gateways.Count);
        try
        {
            _client = await BanyanClient.ConnectAsync(load.Gateways.Skip(first).Concat(load.Gateways.Take(first)), _options).ConfigureAwait(false);
            return true;
        }
        catch (BanyanException)
        {
            await Task.Delay(50).ConfigureAwait(false);
            return false;
        }
    }

    private async Task DisconnectAsync()
    {
        BanyanClient? client = _client;
        _client = null;
        if (client is not null) await client.DisposeAsync().ConfigureAwait(false);
    }

    private ClientOperation Operation(long invoked, OperationOutcome outcome, params IReadOnlyList<MicroOperation> steps) =>
        new(_process, invoked, outcome == OperationOutcome.Unknown ? null : TortureClock.Microseconds, outcome, steps);

    // A read of one node, as its leaseholder knows it; null if there was no answer.
    private async Task<MirrorNode?> ReadNodeAsync(Generation generation, NodeId node)
    {
        try
        {
            return (await _client!.ReadTreeAsync(NodeRef.Of(node), depth: 0).ConfigureAwait(false)).Node;
        }
        catch (BanyanException e)
        {
            _why = $"{e.Code}: {e.Message}";
            if (e.Code == FailureCode.NotFound) generation.History.AddSurprise($"node {node} is not found: {e.Message}");
            return null;
        }
    }

    private async Task<TransactOutcome> TransactAsync(params IReadOnlyList<SceneOperation> operations)
    {
        TransactOutcome outcome = await _client!.TransactAsync(operations).ConfigureAwait(false);
        _why = outcome switch
        {
            TransactOutcome.Unavailable o => "unavailable: " + o.Why,
            TransactOutcome.Ambiguous o => "ambiguous: " + o.Why,
            _ => null,
        };
        return outcome;
    }

    // Of a write that nothing stands in the way of.
    private static OperationOutcome Blind(Generation generation, TransactOutcome outcome, string what)
    {
        if (outcome is TransactOutcome.Refused refused) generation.History.AddSurprise($"{what} was refused: {refused.Error}");
        return outcome switch
        {
            TransactOutcome.Committed => OperationOutcome.Ok,
            TransactOutcome.Ambiguous => OperationOutcome.Unknown,
            _ => OperationOutcome.Failed,
        };
    }

    private async Task<OperationOutcome> ReadPropertyAsync(Generation generation, long invoked)
    {
        int i = random.Next(Generation.Properties);
        if (await ReadNodeAsync(generation, generation.PropertyNodes[i]).ConfigureAwait(false) is not { } node) return OperationOutcome.Failed;
        generation.History.AddRegister(Operation(invoked, OperationOutcome.Ok, MicroOperation.Read(HistoryKey.Property(i), NumberOf(node))));
        return OperationOutcome.Ok;
    }

    private async Task<OperationOutcome> WritePropertyAsync(Generation generation, long invoked)
    {
        int i = random.Next(Generation.Properties);
        long value = load.NextValue();
        TransactOutcome answer = await TransactAsync(Set(generation.PropertyNodes[i], value)).ConfigureAwait(false);
        OperationOutcome outcome = Blind(generation, answer, $"writing {value} to P{i}");
        generation.History.AddRegister(Operation(invoked, outcome, MicroOperation.Write(HistoryKey.Property(i), value)));
        return outcome;
    }

    private async Task<OperationOutcome> WritePairAsync(Generation generation, long invoked)
    {
        int i = random.Next(Generation.Pairs);
        long value = load.NextValue();
        (NodeId first, NodeId second) = generation.PairNodes[i];
        TransactOutcome answer = await TransactAsync(Set(first, value), Set(second, value)).ConfigureAwait(false);
        OperationOutcome outcome = Blind(generation, answer, $"writing {value} to Q{i}");
        generation.History.AddRegister(Operation(
            invoked, outcome, MicroOperation.Write(HistoryKey.Pair(i, true), value), MicroOperation.Write(HistoryKey.Pair(i, false), value)));
        return outcome;
    }

    private async Task<OperationOutcome> WriteLedgerAsync()
    {
        long value = Ledger.Tried + 1;
        Ledger = Ledger with { Tried = value };
        var set = new SetPropertiesOperation(NodeRef.Of(load.LedgerNode), [new(TortureLoad.LedgerProperty(number), PropertyValue.Encode(value))]);
        switch (await TransactAsync(set).ConfigureAwait(false))
        {
            case TransactOutcome.Committed:
                Ledger = Ledger with { Acknowledged = value };
                return OperationOutcome.Ok;
            case TransactOutcome.Ambiguous:
                return OperationOutcome.Unknown;
            default:
                return OperationOutcome.Failed;
        }
    }

    private async Task<OperationOutcome> ReadRegisterAsync(Generation generation, long invoked)
    {
        int i = random.Next(Generation.Registers);
        if (await ReadNodeAsync(generation, generation.RegisterNodes[i]).ConfigureAwait(false) is not { } node) return OperationOutcome.Failed;
        long value = ValueOfName(node);
        _lastSeen[i] = value;
        generation.History.AddRegister(Operation(invoked, OperationOutcome.Ok, MicroOperation.Read(HistoryKey.Register(i), value)));
        return OperationOutcome.Ok;
    }

    private async Task<OperationOutcome> WriteRegisterAsync(Generation generation, long invoked)
    {
        int i = random.Next(Generation.Registers);
        long value = load.NextValue();
        TransactOutcome answer = await TransactAsync(new RenameOperation(NodeRef.Of(generation.RegisterNodes[i]), $"v{value}")).ConfigureAwait(false);
        OperationOutcome outcome = Blind(generation, answer, $"renaming the child of R{i} to v{value}");
        if (outcome == OperationOutcome.Ok) _lastSeen[i] = value;
        generation.History.AddRegister(Operation(invoked, outcome, MicroOperation.Write(HistoryKey.Register(i), value)));
        return outcome;
    }

    private async Task<OperationOutcome> ChangeRegisterAsync(Generation generation, long invoked)
    {
        int i = random.Next(Generation.Registers);
        long value = load.NextValue();
        var rename = new RenameOperation(NodeRef.At($"{generation.Path}/R{i}/v{_lastSeen[i]}"), $"v{value}");
        return await ChangeAsync(generation, invoked, HistoryKey.Register(i), _lastSeen[i], value, rename, seen => _lastSeen[i] = seen).ConfigureAwait(false);
    }

    private async Task<OperationOutcome> TransferAsync(Generation generation, long invoked)
    {
        int coin = random.Next(Generation.Coins);
        int from = random.Next(Generation.Accounts);
        int to = (from + 1 + random.Next(Generation.Accounts - 1)) % Generation.Accounts;
        var move = new ReparentOperation(NodeRef.At($"{generation.Path}/A{from}/C{coin}"), NodeRef.Of(generation.AccountNodes[to]));
        return await ChangeAsync(generation, invoked, HistoryKey.Coin(coin), from, to, move, _ => { }).ConfigureAwait(false);
    }

    private async Task<OperationOutcome> ChangeAsync(
        Generation generation, long invoked, string key, long expected, long value, SceneOperation operation, Action<long> onChanged)
    {
        TransactOutcome answer = await TransactAsync(operation).ConfigureAwait(false);
        bool isOther = answer is TransactOutcome.Refused { Error.Code: SceneErrorCode.NoSuchNode };
        OperationOutcome outcome = isOther ? OperationOutcome.Ok : Blind(generation, answer, $"changing {key} from {expected} to {value}");
        if (outcome == OperationOutcome.Ok && !isOther) onChanged(value);
        generation.History.AddRegister(Operation(invoked, outcome, MicroOperation.CompareAndSet(key, expected, value, applied: !isOther)));
        return outcome;
    }

    private async Task<OperationOutcome> ReadCoinAsync(Generation generation, long invoked)
    {
        int coin = random.Next(Generation.Coins);
        if (await ReadNodeAsync(generation, generation.CoinNodes[coin]).ConfigureAwait(false) is not { } node) return OperationOutcome.Failed;
        int account = Array.IndexOf(generation.AccountNodes, node.Header!.Parent.Id);
        generation.History.AddRegister(Operation(invoked, OperationOutcome.Ok, MicroOperation.Read(HistoryKey.Coin(coin), account)));
        return OperationOutcome.Ok;
    }

    private async Task<OperationOutcome> AppendAsync(Generation generation, long invoked)
    {
        // Mostly to one list, else to several at once, in any order.
        int count = random.Chance(0.7) ? 1 : 2 + random.Next(2);
        var operations = new List<SceneOperation>();
        var steps = new List<MicroOperation>();
        int list = random.Next(Generation.Lists);
        for (int i = 0; i < count; i++)
        {
            long value = load.NextValue();
            var node = new TemplateNode(-1, $"e{value}", "Node", "", [], 0, null, [], []);
            operations.Add(new SpawnOperation(NodeRef.Of(generation.ListNodes[list]), new([node])));
            steps.Add(MicroOperation.Append(HistoryKey.List(list), value));
            list = (list + 1 + random.Next(Generation.Lists - 1)) % Generation.Lists;
        }

        TransactOutcome answer = await TransactAsync(operations).ConfigureAwait(false);
        OperationOutcome outcome = Blind(generation, answer, string.Join(", ", steps));
        generation.History.AddList(Operation(invoked, outcome, steps));
        return outcome;
    }

    private async Task<OperationOutcome> ReadListAsync(Generation generation, long invoked)
    {
        int i = random.Next(Generation.Lists);
        if (await ReadNodeAsync(generation, generation.ListNodes[i]).ConfigureAwait(false) is not { } node) return OperationOutcome.Failed;
        generation.History.AddList(Operation(invoked, OperationOutcome.Ok, MicroOperation.ReadList(HistoryKey.List(i), ElementIds(node))));
        return OperationOutcome.Ok;
    }

    private async Task<OperationOutcome> ReadSnapshotAsync(Generation generation, long invoked)
    {
        try
        {
            SceneView view = await _client!.ReadTreeAsync(NodeRef.Of(generation.Top), depth: 1).ConfigureAwait(false);
            generation.History.AddSnapshot(Operation(invoked, OperationOutcome.Ok, SnapshotSteps(generation, view.Mirror, view.Node)));
            return OperationOutcome.Ok;
        }
        catch (BanyanException e)
        {
            _why = $"{e.Code}: {e.Message}";
            return OperationOutcome.Failed;
        }
    }

    /// <summary>All lists, all pairs, and in which account each coin is: -1 for a coin that is nowhere, -2 for one that is in two places.</summary>
    public static List<MicroOperation> SnapshotSteps(Generation generation, SceneMirror mirror, MirrorNode top)
    {
        Dictionary<string, MirrorNode> children = Generation.ChildrenByName(mirror, top);
        var steps = new List<MicroOperation>();
        for (int i = 0; i < Generation.Lists; i++) steps.Add(MicroOperation.ReadList(HistoryKey.List(i), ElementIds(children.GetValueOrDefault($"L{i}"))));
        for (int i = 0; i < Generation.Pairs; i++)
        {
            steps.Add(MicroOperation.Read(HistoryKey.Pair(i, true), NumberOf(children.GetValueOrDefault($"Q{i}a"))));
            steps.Add(MicroOperation.Read(HistoryKey.Pair(i, false), NumberOf(children.GetValueOrDefault($"Q{i}b"))));
        }

        var places = new long[Generation.Coins];
        Array.Fill(places, -1);
        for (int account = 0; account < Generation.Accounts; account++)
        {
            foreach (NodePlace child in children.GetValueOrDefault($"A{account}")?.Children ?? [])
            {
                int coin = Array.IndexOf(generation.CoinNodes, child.Id);
                if (coin >= 0) places[coin] = places[coin] == -1 ? account : -2;
            }
        }

        for (int coin = 0; coin < Generation.Coins; coin++) steps.Add(MicroOperation.Read(HistoryKey.Coin(coin), places[coin]));
        return steps;
    }

    /// <summary>The number in the one property of a node; null if it was never written, or is not there.</summary>
    public static long? NumberOf(MirrorNode? node) =>
        node is not null && node.Properties.TryGetValue(Generation.PropertyName, out byte[]? bytes) && PropertyValue.TryDecode(bytes, out Variant value)
            && value.Type == VariantType.Int
            ? value.AsInt()
            : null;

    /// <summary>The number that is a node's name, after its first letter; -1 if it is none.</summary>
    public static long ValueOfName(MirrorNode node) => long.TryParse(node.Header!.Name.AsSpan(1), out long value) ? value : -1;

    // In the tree's own order, which within a zone is that of the commits.
    private static long[] ElementIds(MirrorNode? list) => list is null ? [] : [.. list.Children.Select(c => (long)c.Id.Value)];

    private static SetPropertiesOperation Set(NodeId node, long value) =>
        new(NodeRef.Of(node), [new(Generation.PropertyName, PropertyValue.Encode(value))]);
}
