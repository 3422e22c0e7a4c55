using Banyan.Kv.Transactions;
using Banyan.Scene.Operations;

namespace Banyan.Sync.Peers;

/// <summary>A peer joins, with all that this does to the tree, comes again through another server, or leaves.</summary>
public sealed class PeerTransaction : ITransactionBody
{
    private readonly int _peer;
    private readonly Func<PeerRecord?, string?> _check;
    private readonly Func<PeerRecord?, PeerRecord?> _change;
    private readonly SceneTransaction _scene;

    private PeerTransaction(int peer, Func<PeerRecord?, string?> check, Func<PeerRecord?, PeerRecord?> change, IReadOnlyList<SceneOperation> operations)
    {
        _peer = peer;
        _check = check;
        _change = change;
        _scene = new(operations);
    }

    /// <summary>The peer has come; gives up if its id is taken, or the tree refuses an operation.</summary>
    public static PeerTransaction Join(int peer, PeerRecord record, IReadOnlyList<SceneOperation> operations) =>
        new(peer, known => known is null ? null : $"peer {peer} is there already", _ => record, operations);

    /// <summary>The peer has come again; gives up if it is gone, or if what it knows does not prove that it was here.</summary>
    /// <param name="peer">Its id.</param>
    /// <param name="record">Where it is now, with the hash of what it knows; the connection is counted here.</param>
    public static PeerTransaction Resume(int peer, PeerRecord record) => new(
        peer,
        known => known is null || !known.CanResume || known.SecretHash != record.SecretHash ? $"peer {peer} has no session here any more" : null,
        known => record with { Connection = known!.Connection + 1 },
        []);

    /// <summary>The peer is about to leave: it cannot come again; gives up if it has.</summary>
    public static PeerTransaction Seal(int peer, PeerRecord record) =>
        new(peer, known => known == record ? null : $"peer {peer} is not gone", known => known! with { SecretHash = 0 }, []);

    /// <summary>Something that is done because a peer has gone; gives up if it came again.</summary>
    public static PeerTransaction Clear(int peer, PeerRecord record, SceneOperation operation) =>
        new(peer, known => known == record ? null : $"peer {peer} is not gone", known => known, [operation]);

    /// <summary>The peer has gone; gives up if it is not there, or came again.</summary>
    public static PeerTransaction Leave(int peer, PeerRecord record) =>
        new(peer, known => known == record ? null : $"peer {peer} is not there, or not gone", _ => null, []);

    /// <summary>Why it gave up; null if it did not.</summary>
    public string? Error { get; private set; }

    /// <summary>Whether the peer's record was not as it had to be.</summary>
    public bool HasMissed { get; private set; }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Reply => default;

    /// <inheritdoc/>
    public IEnumerable<TransactionStep> Run(Transaction transaction)
    {
        Error = null;
        HasMissed = false;
        GetStep get = transaction.Get(PeerRecord.KeyOf(_peer));
        yield return get;
        PeerRecord? known = get.Value is not null && PeerRecord.TryDecode(get.Value, out PeerRecord there) ? there : null;
        if (_check(known) is { } why)
        {
            HasMissed = true;
            GiveUp(transaction, why);
            yield break;
        }

        PeerRecord? record = _change(known);
        if (record is null) transaction.Delete(PeerRecord.KeyOf(_peer));
        else if (record != known) transaction.Put(PeerRecord.KeyOf(_peer), record.Encode());
        foreach (TransactionStep step in _scene.Run(transaction)) yield return step;
        if (_scene.Error is { } error) GiveUp(transaction, error.ToString());
    }

    private void GiveUp(Transaction transaction, string why)
    {
        Error = why;
        transaction.GiveUp(why);
    }
}
