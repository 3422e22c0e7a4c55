using System.Collections.Immutable;
using Banyan.Bench.Load;
using Banyan.Client;
using Banyan.Client.Local;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Bench.Cluster;

/// <summary>Banyan under load: one property write per write, each client on a node of its own.</summary>
public sealed class BanyanTarget : ILoadTarget, IAsyncDisposable
{
    private readonly List<BanyanClient> _connections = [];
    private readonly List<NodeId> _nodes = [];

    private BanyanTarget()
    {
    }

    /// <inheritdoc/>
    public string System => "banyan";

    /// <summary>Connects to every server, makes a node for each client, and cuts the world into ranges that all servers lead alike.</summary>
    /// <param name="cluster">A running cluster with an empty world.</param>
    /// <param name="clients">The most that will write at once.</param>
    /// <param name="ranges">How many ranges they are spread over.</param>
    public static async Task<BanyanTarget> PrepareAsync(LocalCluster cluster, int clients, int ranges)
    {
        var target = new BanyanTarget();
        foreach (Uri gateway in cluster.Gateways) target._connections.Add(await BanyanClient.ConnectAsync(gateway).ConfigureAwait(false));
        BanyanClient first = target._connections[0];
        for (int i = 1; i < ranges; i++)
        {
            uint leader = (uint)(i % cluster.Gateways.Count) + 1;
            await first.CutRangeAsync(SceneKeys.Start(ZoneOf(i)), new ServerId(leader)).ConfigureAwait(false);
        }

        var spawns = new List<SceneOperation>();
        for (int i = 0; i < clients; i++)
        {
            var node = new TemplateNode(-1, $"Client{i}", "Node", "", [], 0, ZoneOf(i / cluster.Gateways.Count % ranges), [], []);
            spawns.Add(new SpawnOperation(NodeRef.At(ScenePath.Root), new([node])));
        }

        // A cluster that has just started may still be founding its world.
        for (int attempt = 0; ; attempt++)
        {
            TransactOutcome outcome = await first.TransactAsync(spawns).ConfigureAwait(false);
            if (outcome is TransactOutcome.Committed committed)
            {
                target._nodes.AddRange(committed.Nodes);
                return target;
            }

            if (attempt == 50) throw new InvalidOperationException($"the bench's nodes could not be made: {outcome}");
            await Task.Delay(100).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(int client, long sequence, ReadOnlyMemory<byte> value)
    {
        BanyanClient connection = _connections[client % _connections.Count];
        byte[] stored = PropertyValue.Encode(ImmutableArray.Create(value.Span));
        var write = new PropertyWrite($"p{sequence % Etcd.EtcdTarget.KeysPerClient}", stored);
        TransactOutcome outcome = await connection.TransactAsync(new SetPropertiesOperation(NodeRef.Of(_nodes[client]), [write])).ConfigureAwait(false);
        if (outcome is not TransactOutcome.Committed) throw new InvalidOperationException(outcome.ToString());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (BanyanClient connection in _connections) await connection.DisposeAsync().ConfigureAwait(false);
    }

    // Zone 0 is led by server 1. Of three clients in a row, on the three gateways, one finds its leaseholder there.
    private static ZoneId ZoneOf(int range) => new((uint)range * 16);
}
