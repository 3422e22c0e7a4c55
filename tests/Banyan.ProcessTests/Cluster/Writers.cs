using System.Collections.Concurrent;
using Banyan.Client;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.ProcessTests.Cluster;

/// <summary>Writers that count up, each in a property of a node of its own, and remember what was acknowledged.</summary>
internal sealed class Writers : IAsyncDisposable
{
    private const string Counter = "metadata/counter";

    private readonly BanyanClient _client;
    private readonly NodeId[] _nodes;
    private readonly List<long>[] _acknowledged;
    private readonly ConcurrentDictionary<string, int> _failures = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private long _commits;

    private Writers(BanyanClient client, NodeId[] nodes)
    {
        _client = client;
        _nodes = nodes;
        _acknowledged = [.. nodes.Select(_ => new List<long>())];
        _running = Task.WhenAll(Enumerable.Range(0, nodes.Length).Select(i => Task.Run(() => CountAsync(i))));
    }

    /// <summary>Writes acknowledged so far.</summary>
    public long Commits => Interlocked.Read(ref _commits);

    /// <summary>Spawns the nodes and begins to write.</summary>
    public static async Task<Writers> StartAsync(BanyanClient client, int count, string name)
    {
        var nodes = new NodeId[count];
        for (int i = 0; i < count; i++)
        {
            var node = new TemplateNode(-1, $"{name}{i}", "Node", "", [], 0, null, [], []);
            nodes[i] = Assert.IsType<TransactOutcome.Committed>(await client.TransactAsync(new SpawnOperation(NodeRef.At("/root"), new([node])))).Nodes[0];
        }

        return new(client, nodes);
    }

    /// <summary>Waits until so many more writes are acknowledged.</summary>
    public async Task WaitForAsync(int more)
    {
        long goal = Commits + more;
        await Poll.UntilAsync(() => Commits >= goal, () => $"{more} more writes; failures: {string.Join(", ", _failures)}");
    }

    /// <summary>Stops writing.</summary>
    public async Task StopAsync()
    {
        _stop.Cancel();
        await _running;
    }

    /// <summary>Asserts that a watcher has seen every acknowledged number once, none twice, and none out of order.</summary>
    public void AssertSeen(Watcher watcher)
    {
        for (int i = 0; i < _nodes.Length; i++)
        {
            List<long> seen = watcher.NumbersOf(_nodes[i], Counter);
            Assert.Equal(seen.Order().Distinct(), seen);
            Assert.Empty(_acknowledged[i].Except(seen));
        }
    }

    /// <summary>Asserts that a server's tree holds the last acknowledged number of each writer, or a later one.</summary>
    public async Task AssertHeldAsync(BanyanClient server, Timestamp at)
    {
        for (int i = 0; i < _nodes.Length; i++)
        {
            SceneView view = await server.ReadTreeAsync(NodeRef.Of(_nodes[i]), at, depth: 1);
            Assert.True(Watcher.NumberOf(view.Node.Properties[Counter]) >= _acknowledged[i].LastOrDefault());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task CountAsync(int writer)
    {
        for (long number = 1; !_stop.IsCancellationRequested; number++)
        {
            TransactOutcome outcome = await _client.TransactAsync(
                new SetPropertiesOperation(NodeRef.Of(_nodes[writer]), [new(Counter, PropertyValue.Encode(number))]));
            if (outcome is TransactOutcome.Committed)
            {
                _acknowledged[writer].Add(number);
                Interlocked.Increment(ref _commits);
            }
            else
            {
                _failures.AddOrUpdate(outcome.ToString(), 1, (_, n) => n + 1);
            }
        }
    }
}
