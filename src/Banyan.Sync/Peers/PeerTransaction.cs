using Banyan.Kv.Transactions;
using Banyan.Scene.Operations;

namespace Banyan.Sync.Peers;

/// <summary>A peer joins, with all that this does to the tree, or leaves.</summary>
public sealed class PeerTransaction : ITransactionBody
{
    private readonly int _peer;
    private readonly PeerRecord _record;
    private readonly bool _joins;
    private readonly SceneTransaction _scene;

    private PeerTransaction(int peer, PeerRecord record, bool joins, IReadOnlyList<SceneOperation> operations)
    {
        _peer = peer;
        _record = record;
        _joins = joins;
        _scene = new(operations);
    }

    /// <summary>The peer has come; gives up if its id is taken, or the tree refuses an operation.</summary>
    public static PeerTransaction Join(int peer, PeerRecord record, IReadOnlyList<SceneOperation> operations) => new(peer, record, joins: true, operations);

    /// <summary>The peer has gone; gives up if it is not there, or came again elsewhere.</summary>
    public static PeerTransaction Leave(int peer, PeerRecord record) => new(peer, record, joins: false, []);

    /// <summary>Why it gave up; null if it did not.</summary>
    public string? Error { get; private set; }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Reply => default;

    /// <inheritdoc/>
    public IEnumerable<TransactionStep> Run(Transaction transaction)
    {
        Error = null;
        GetStep get = transaction.Get(PeerRecord.KeyOf(_peer));
        yield return get;
        bool isThere = get.Value is not null && PeerRecord.TryDecode(get.Value, out PeerRecord known) && (_joins || known == _record);
        if (isThere == _joins)
        {
            GiveUp(transaction, _joins ? $"peer {_peer} is there already" : $"peer {_peer} is not there");
            yield break;
        }

        if (_joins) transaction.Put(PeerRecord.KeyOf(_peer), _record.Encode());
        else transaction.Delete(PeerRecord.KeyOf(_peer));
        foreach (TransactionStep step in _scene.Run(transaction)) yield return step;
        if (_scene.Error is { } error) GiveUp(transaction, error.ToString());
    }

    private void GiveUp(Transaction transaction, string why)
    {
        Error = why;
        transaction.GiveUp(why);
    }
}
