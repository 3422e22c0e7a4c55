using System.Diagnostics;
using Banyan.Client;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Server.Demo;

/// <summary>A node that the demo may write, and the range that it is in.</summary>
internal readonly record struct DemoTarget(NodeId Node, int Range);

/// <summary>One editor: it sets properties of its own all over the world, now and then on two ranges at once.</summary>
internal sealed class DemoWorker(BanyanClient client, DemoLedger ledger, IReadOnlyList<DemoTarget> targets, int number)
{
    private readonly SeededRandom _random = new((ulong)number);
    private readonly string _single = $"{DemoValue.Prefix}{number}";
    private readonly string _pair = $"{DemoValue.Prefix}pair_{number}";
    private long _lastNumber;

    /// <summary>Told of every committed write: when it began (<see cref="Stopwatch"/> ticks), and on which ranges.</summary>
    public event Action<long, IReadOnlyList<DemoTarget>>? Committed;

    /// <summary>Whether a property is always written on two nodes at once.</summary>
    public static bool IsPair(string property) => property.StartsWith(DemoValue.Prefix + "pair_", StringComparison.Ordinal);

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            DemoTarget first = targets[_random.Next(targets.Count)];
            DemoTarget second = targets[_random.Next(targets.Count)];
            bool isPair = first.Range != second.Range && _random.Chance(0.3);
            await WriteAsync(isPair ? [first, second] : [first], isPair ? _pair : _single).ConfigureAwait(false);
        }
    }

    private async Task WriteAsync(IReadOnlyList<DemoTarget> nodes, string property)
    {
        long value = ++_lastNumber;
        long began = Stopwatch.GetTimestamp();
        SceneOperation[] operations = [.. nodes.Select(n => new SetPropertiesOperation(NodeRef.Of(n.Node), [new(property, DemoValue.Of(value))]))];
        switch (await client.TransactAsync(operations).ConfigureAwait(false))
        {
            case TransactOutcome.Committed:
                ledger.Committed(nodes.Select(n => n.Node), property, value, nodes.Count > 1, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                Committed?.Invoke(began, nodes);
                break;
            case TransactOutcome.Ambiguous:
                ledger.Failed(isAmbiguous: true);
                break;
            case TransactOutcome.Unavailable:
                ledger.Failed(isAmbiguous: false);
                break;
            case TransactOutcome.Refused refused:
                throw new InvalidOperationException($"a write of the demo was refused: {refused.Error}");
        }
    }
}
