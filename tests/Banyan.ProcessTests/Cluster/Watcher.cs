using Banyan.Client;
using Banyan.Client.Protocol;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.ProcessTests.Cluster;

/// <summary>A subscription that keeps everything it was told.</summary>
internal sealed class Watcher : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(NodeId, string), List<long>> _numbers = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private Timestamp _position;

    /// <summary>Begins to watch.</summary>
    public Watcher(BanyanClient client) => _running = RunAsync(client);

    /// <summary>Snapshots: one, unless a gap was filled by another.</summary>
    public int Snapshots { get; private set; }

    /// <summary>Updates that were not later than the one before.</summary>
    public int Repeats { get; private set; }

    /// <summary>The tree as the updates have made it.</summary>
    public SceneMirror? Mirror { get; private set; }

    /// <summary>What a property was set to, in order.</summary>
    public List<long> NumbersOf(NodeId node, string property)
    {
        lock (_gate) return [.. _numbers.GetValueOrDefault((node, property)) ?? []];
    }

    /// <summary>An integer in its stored form; -1 if it is none.</summary>
    public static long NumberOf(byte[]? value) =>
        value is not null && PropertyValue.TryDecode(value, out Variant variant) && variant.Type == VariantType.Int ? variant.AsInt() : -1;

    /// <summary>Waits until it was told everything up to a timestamp.</summary>
    public Task WaitForAsync(Timestamp timestamp) => Poll.UntilAsync(
        () =>
        {
            lock (_gate) return _position >= timestamp;
        },
        () => $"all changes up to {timestamp}; {_running.Status}, {_running.Exception}");

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync(BanyanClient client)
    {
        try
        {
            await foreach (SceneUpdate update in client.SubscribeAsync(stop: _stop.Token)) Take(update);
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }
    }

    private void Take(SceneUpdate update)
    {
        lock (_gate)
        {
            if (update.Timestamp <= _position) Repeats++;
            _position = update.Timestamp;
            if (update is SceneUpdate.Snapshot snapshot)
            {
                Snapshots++;
                Mirror = snapshot.Mirror;
            }

            if (update is not SceneUpdate.Changes changes) return;
            foreach (RecordChange record in changes.Records)
            {
                Mirror!.Apply(record.Key, record.Value);
                if (!SceneKeys.TryParse(record.Key, out SceneKey key) || key.Kind != RecordKind.Property) continue;
                if (!_numbers.TryGetValue((key.Node.Id, key.Name), out List<long>? numbers)) _numbers.Add((key.Node.Id, key.Name), numbers = []);
                numbers.Add(NumberOf(record.Value));
            }
        }
    }
}
