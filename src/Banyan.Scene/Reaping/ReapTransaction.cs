using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Records;

namespace Banyan.Scene.Reaping;

/// <summary>Removes a detached subtree, or a bounded part of it: what is left gets notes of its own, and their reaping goes on.</summary>
public sealed class ReapTransaction(NodePlace top) : ITransactionBody
{
    /// <summary>Nodes that one transaction removes at most.</summary>
    public const int NodesMax = 256;

    /// <summary>Records that one transaction looks at; a node with more children is taken down in several.</summary>
    private const int RecordsMax = 4096;

    /// <summary>What is removed.</summary>
    public NodePlace Top => top;

    /// <inheritdoc/>
    public IEnumerable<TransactionStep> Run(Transaction t)
    {
        GetStep note = t.Get(SceneKeys.Reap(top));
        yield return note;
        if (note.Value is null) yield break; // another server was faster
        var left = new Queue<NodePlace>();
        left.Enqueue(top);
        int nodes = 0;
        int records = 0;
        while (nodes < NodesMax && records < RecordsMax && left.TryDequeue(out NodePlace place))
        {
            nodes++;
            ScanStep scan = t.Scan(SceneKeys.OfNode(place), RecordsMax);
            yield return scan;
            records += scan.Entries.Count;
            foreach ((Key key, byte[] value) in scan.Entries)
            {
                Invariant.Holds(SceneKeys.TryParse(key, out SceneKey parsed));
                if (parsed.Kind == RecordKind.Header && scan.IsTruncated) continue;
                t.Delete(key);
                if (parsed.Kind != RecordKind.Child) continue;
                Invariant.Holds(ChildEntry.TryDecode(value, out ChildEntry entry));
                left.Enqueue(entry.Child);
            }

            if (scan.IsTruncated)
            {
                // It keeps its header and its note, and the next transaction finds the rest of its children.
                foreach (TransactionStep step in Detach(t, place)) yield return step;
                continue;
            }

            if (place == top) t.Delete(SceneKeys.Reap(place));
            if (place.Zone != place.Id.BirthZone) t.Delete(SceneKeys.Locator(place.Id));
        }

        while (left.TryDequeue(out NodePlace place))
        {
            foreach (TransactionStep step in Detach(t, place)) yield return step;
        }
    }

    private static IEnumerable<TransactionStep> Detach(Transaction t, NodePlace place)
    {
        GetStep header = t.Get(SceneKeys.Header(place));
        yield return header;
        Invariant.Holds(header.Value is not null && NodeHeader.TryDecode(header.Value, out _));
        NodeHeader.TryDecode(header.Value, out NodeHeader decoded);
        t.Put(SceneKeys.Header(place), (decoded with { Parent = default }).Encode());
        t.Put(SceneKeys.Reap(place), []);
    }
}
