using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Reaping;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Simulator.World;

namespace Banyan.Scene.Tests;

/// <summary>A founded world on one server, every zone a range of its own, where nothing goes wrong; one transaction at a time.</summary>
internal sealed class SmallWorld
{
    private readonly SimulatedCluster _cluster;

    public SmallWorld(bool founded = true)
    {
        Key[] cuts = [SceneKeys.Start(new(1)), SceneKeys.Start(new(2)), SceneKeys.Start(new(3))];
        _cluster = new(1, servers: 1, cuts, FaultOptions.None);
        _cluster.Start();
        if (founded) Assert.IsType<TransactionOutcome.Committed>(Run(new FoundWorld()));
    }

    /// <summary>Runs anything to its outcome.</summary>
    public TransactionOutcome Run(ITransactionBody body)
    {
        TransactionOutcome? outcome = null;
        _cluster.Servers.First().Do(store => store.Coordinator.Run(body, RequestId.None, 0, o => outcome = o));
        long deadline = _cluster.Time.Now + 60_000_000;
        while (outcome is null && _cluster.Time.Now < deadline) _cluster.Time.Step();
        Assert.NotNull(outcome);
        return outcome;
    }

    /// <summary>Runs a batch that must be done, and looks that the tree is sound.</summary>
    public IReadOnlyList<NodeId> Do(params SceneOperation[] operations)
    {
        var transaction = new SceneTransaction(operations);
        TransactionOutcome outcome = Run(transaction);
        Assert.True(outcome is TransactionOutcome.Committed, outcome.ToString());
        Assert.Null(transaction.Error);
        ReadOnlyMemory<byte> reply = ((TransactionOutcome.Committed)outcome).Reply;
        Assert.True(SceneTransaction.TryDecodeReply(reply.Span, out IReadOnlyList<NodeId> results));
        Assert.Equal(operations.Length, results.Count);
        Assert.Equal(transaction.Results, results);
        CheckSound();
        return results;
    }

    /// <summary>Runs a batch that must be refused, in the operation of that number, and looks that not a byte has changed.</summary>
    public string Refused(SceneErrorCode code, int operation, params SceneOperation[] operations)
    {
        IReadOnlyList<KeyValuePair<Key, byte[]>> before = Records();
        var transaction = new SceneTransaction(operations);
        TransactionOutcome outcome = Run(transaction);
        Assert.True(outcome is TransactionOutcome.GivenUp, outcome.ToString());
        Assert.Equal(code, transaction.Error!.Code);
        Assert.Equal(operation, transaction.FailedOperation);
        Assert.Equal(transaction.Error.ToString(), ((TransactionOutcome.GivenUp)outcome).Why);
        IReadOnlyList<KeyValuePair<Key, byte[]>> after = Records();
        Assert.Equal(before.Select(r => r.Key), after.Select(r => r.Key));
        Assert.All(before.Zip(after), pair => Assert.Equal(pair.First.Value, pair.Second.Value));
        return transaction.Error.Message;
    }

    /// <summary>The refusal's message, of one operation.</summary>
    public string Refused(SceneErrorCode code, SceneOperation operation) => Refused(code, 0, operation);

    /// <summary>All records of the scene, as a transaction reads them.</summary>
    public IReadOnlyList<KeyValuePair<Key, byte[]>> Records()
    {
        var scan = new ScanAll();
        Assert.IsType<TransactionOutcome.Committed>(Run(scan));
        return scan.Entries;
    }

    /// <summary>The tree, from a snapshot.</summary>
    public SceneMirror Mirror()
    {
        var mirror = new SceneMirror();
        foreach ((Key key, byte[] value) in Records()) Assert.True(mirror.Apply(key, value));
        return mirror;
    }

    /// <summary>A node that must be there.</summary>
    public MirrorNode Node(string path)
    {
        Assert.True(Mirror().TryFind(path, out MirrorNode? node), path + " is not there");
        return node;
    }

    /// <summary>A node that must be there.</summary>
    public MirrorNode Node(NodeId id)
    {
        Assert.True(Mirror().TryFind(id, out MirrorNode? node), id + " is not there");
        return node;
    }

    /// <summary>Every path from a node down, in tree order.</summary>
    public string[] Paths(string from = ScenePath.Root)
    {
        SceneMirror mirror = Mirror();
        Assert.True(mirror.TryFind(from, out MirrorNode? top));
        return [.. mirror.Walk(top).Select(n => mirror.PathOf(n.Node))];
    }

    /// <summary>The names of a node's children, in their order.</summary>
    public string[] Children(string path)
    {
        SceneMirror mirror = Mirror();
        Assert.True(mirror.TryFind(path, out MirrorNode? node));
        return [.. node.Children.Select(c => mirror[c]!.Header!.Name)];
    }

    /// <summary>Reaps until no note is left; how many transactions it took.</summary>
    public int ReapAll()
    {
        for (int rounds = 0; ; rounds++)
        {
            SceneMirror mirror = Mirror();
            if (mirror.Reaps.Count == 0) return rounds;
            Assert.True(rounds < 100, "reaping does not come to an end");
            Assert.IsType<TransactionOutcome.Committed>(Run(new ReapTransaction(mirror.Reaps.First())));
            CheckSound();
        }
    }

    public void CheckSound()
    {
        var violations = new List<string>();
        SceneInvariants.Check(Mirror(), violations);
        Assert.Empty(violations);
    }

    private sealed class ScanAll : ITransactionBody
    {
        public List<KeyValuePair<Key, byte[]>> Entries { get; } = [];

        public IEnumerable<TransactionStep> Run(Transaction transaction)
        {
            Entries.Clear();
            ScanStep scan = transaction.Scan(SceneKeys.All, keysMax: 1_000_000);
            yield return scan;
            Assert.False(scan.IsTruncated);
            Entries.AddRange(scan.Entries);
        }
    }
}
