using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Records;

namespace Banyan.Scene.Reaping;

/// <summary>Removes a detached subtree, or a bounded part of it: what is left keeps a note, or gets one, and its reaping goes on.</summary>
public sealed class ReapTransaction(NodePlace top) : ITransactionBody
{
    /// <summary>Nodes that one transaction removes at most.</summary>
    public const int NodesMax = 256;

    /// <summary>Records that it looks at in one node; of a node with more, the rest is left to the next transaction.</summary>
    private const int NodeRecordsMax = 2 * NodesMax;

    /// <summary>After removing so many records it takes up no more nodes.</summary>
    private const int RecordsMax = 4096;

    /// <summary>What is removed.</summary>
    public NodePlace Top => top;

    /// <inheritdoc/>
    public IEnumerable<TransactionStep> Run(Transaction t)
    {
        GetStep note = t.Get(SceneKeys.Reap(top));
        yield return note;
        if (note.Value is null) yield break; // another server was faster
        // Down to the leaves first: then little is left that is begun and needs a note.
        var left = new Stack<NodePlace>();
        left.Push(top);
        int nodes = 1;
        int records = 0;
        while (records < RecordsMax && left.TryPop(out NodePlace place))
        {
            ScanStep scan = t.Scan(SceneKeys.OfNode(place), NodeRecordsMax);
            yield return scan;
            bool isWhole = !scan.IsTruncated;
            foreach ((Key key, byte[] value) in scan.Entries)
            {
                Invariant.Holds(SceneKeys.TryParse(key, out SceneKey parsed));
                if (parsed.Kind == RecordKind.Header) continue;
                if (parsed.Kind == RecordKind.Child)
                {
                    // Children that this transaction has no room for stay where they are: they need no notes of their own.
                    if (nodes == NodesMax)
                    {
                        isWhole = false;
                        continue;
                    }

                    Invariant.Holds(ChildEntry.TryDecode(value, out ChildEntry entry));
                    left.Push(entry.Child);
                    nodes++;
                }

                t.Delete(key);
                records++;
            }

            if (isWhole) Remove(t, place);
            else foreach (TransactionStep step in Detach(t, place)) yield return step;
        }

        while (left.TryPop(out NodePlace place))
        {
            foreach (TransactionStep step in Detach(t, place)) yield return step;
        }
    }

    private void Remove(Transaction t, NodePlace place)
    {
        t.Delete(SceneKeys.Header(place));
        if (place == top) t.Delete(SceneKeys.Reap(place));
        if (place.Zone != place.Id.BirthZone) t.Delete(SceneKeys.Locator(place.Id));
    }

    // It keeps its header and what was not removed; with a note, the next transaction finds it.
    private IEnumerable<TransactionStep> Detach(Transaction t, NodePlace place)
    {
        if (place == top) yield break;
        GetStep header = t.Get(SceneKeys.Header(place));
        yield return header;
        Invariant.Holds(header.Value is not null && NodeHeader.TryDecode(header.Value, out _));
        NodeHeader.TryDecode(header.Value, out NodeHeader decoded);
        t.Put(SceneKeys.Header(place), (decoded with { Parent = default }).Encode());
        t.Put(SceneKeys.Reap(place), []);
    }
}
