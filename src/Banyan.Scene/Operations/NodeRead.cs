using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Records;

namespace Banyan.Scene.Operations;

/// <summary>Reads all records of one node, as they are now.</summary>
public sealed class NodeRead(NodeRef node) : ITransactionBody
{
    // Reading looks nodes up as writing does.
    private readonly SceneTransaction _lookup = new([]);

    /// <summary>Why it cannot be read; null if it can.</summary>
    public SceneError? Error { get; private set; }

    /// <summary>The node's id and zone.</summary>
    public NodePlace Place { get; private set; }

    /// <summary>Its records by key.</summary>
    public IReadOnlyList<KeyValuePair<Key, byte[]>> Records { get; private set; } = [];

    /// <inheritdoc/>
    public IEnumerable<TransactionStep> Run(Transaction transaction)
    {
        Records = [];
        var found = new SceneTransaction.Found();
        foreach (TransactionStep step in _lookup.Lookup(transaction, node, found)) yield return step;
        Error = _lookup.Error;
        if (Error is not null)
        {
            transaction.GiveUp(Error.ToString());
            yield break;
        }

        Place = found.Place;
        ScanStep scan = transaction.Scan(SceneKeys.OfNode(Place));
        yield return scan;
        Records = [.. scan.Entries];
    }
}
