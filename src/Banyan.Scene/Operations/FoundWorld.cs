using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Records;

namespace Banyan.Scene.Operations;

/// <summary>Makes the world's root, if there is none yet. Every server of a new cluster may run it.</summary>
public sealed class FoundWorld : ITransactionBody
{
    /// <inheritdoc/>
    public IEnumerable<TransactionStep> Run(Transaction transaction)
    {
        Key key = SceneKeys.Header(NodePlace.Root);
        GetStep root = transaction.Get(key);
        yield return root;
        if (root.Value is not null) yield break;
        // Godot's own root is a Window.
        transaction.Put(key, new NodeHeader(default, "root", "Window", "", [], Authority: 1, AuthorityEpoch: 1, UniqueId: 0).Encode());
    }
}
