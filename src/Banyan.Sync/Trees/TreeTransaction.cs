using Banyan.Kv.Transactions;
using Banyan.Scene.Operations;

namespace Banyan.Sync.Trees;

/// <summary>A client's change of the tree. Nobody asks for the ids of what it has made, so nothing is kept for a second answer but that it is done.</summary>
internal sealed class TreeTransaction(IReadOnlyList<SceneOperation> operations) : ITransactionBody
{
    private readonly SceneTransaction _scene = new(operations);

    public ReadOnlyMemory<byte> Reply => default;

    public IEnumerable<TransactionStep> Run(Transaction transaction) => _scene.Run(transaction);
}
