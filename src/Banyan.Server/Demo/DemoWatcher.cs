using Banyan.Client;
using Banyan.Client.Protocol;
using Banyan.Primitives;
using Banyan.Scene.Records;

namespace Banyan.Server.Demo;

/// <summary>Follows the world through one client and keeps count of what it saw, over the death of any server.</summary>
internal sealed class DemoWatcher
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(NodeId, string), Dictionary<long, int>> _seen = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;
    private Timestamp _position;

    public DemoWatcher(BanyanClient client) => _running = RunAsync(client);

    /// <summary>Transactions of which only a part came at once: always 0, or a promise is broken.</summary>
    public long Halves { get; private set; }

    /// <summary>Updates that went back in time: always 0.</summary>
    public long OutOfOrder { get; private set; }

    /// <summary>Changes seen.</summary>
    public long Changes { get; private set; }

    /// <summary>Ends when the first snapshot is there.</summary>
    public Task Begun => _begun.Task;

    /// <summary>How often each number was seen in a property.</summary>
    public Dictionary<long, int> SeenOf(NodeId node, string property)
    {
        lock (_gate) return _seen.GetValueOrDefault((node, property)) ?? [];
    }

    /// <summary>Waits until everything at or below a timestamp was seen; false if it takes too long.</summary>
    public async Task<bool> WaitForAsync(Timestamp timestamp, TimeSpan limit)
    {
        for (var waited = System.Diagnostics.Stopwatch.StartNew(); waited.Elapsed < limit;)
        {
            lock (_gate)
            {
                if (_position >= timestamp) return true;
            }

            await Task.Delay(20).ConfigureAwait(false);
        }

        return false;
    }

    public async Task StopAsync()
    {
        _stop.Cancel();
        await _running.ConfigureAwait(false);
    }

    private async Task RunAsync(BanyanClient client)
    {
        try
        {
            await foreach (SceneUpdate update in client.SubscribeAsync(stop: _stop.Token).ConfigureAwait(false))
            {
                lock (_gate)
                {
                    if (update.Timestamp < _position) OutOfOrder++;
                    _position = update.Timestamp;
                    if (update is SceneUpdate.Changes changes) Take(changes);
                }

                _begun.TrySetResult();
            }
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }
        catch (Exception e)
        {
            _begun.TrySetException(e);
            throw;
        }
    }

    private void Take(SceneUpdate.Changes changes)
    {
        var pairs = new Dictionary<(string Property, long Number), int>();
        foreach (RecordChange record in changes.Records)
        {
            Changes++;
            if (!SceneKeys.TryParse(record.Key, out SceneKey key) || key.Kind != RecordKind.Property) continue;
            if (!key.Name.StartsWith(DemoValue.Prefix, StringComparison.Ordinal)) continue;
            long number = DemoValue.NumberOf(record.Value);
            if (!_seen.TryGetValue((key.Node.Id, key.Name), out Dictionary<long, int>? seen)) _seen.Add((key.Node.Id, key.Name), seen = []);
            seen[number] = seen.GetValueOrDefault(number) + 1;
            if (DemoWorker.IsPair(key.Name)) pairs[(key.Name, number)] = pairs.GetValueOrDefault((key.Name, number)) + 1;
        }

        foreach (int count in pairs.Values)
        {
            if (count != 2) Halves++;
        }
    }
}
