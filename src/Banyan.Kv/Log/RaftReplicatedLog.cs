using Banyan.Kv.Store;
using Banyan.Primitives;
using Banyan.Raft;
using Banyan.Storage;

namespace Banyan.Kv.Log;

/// <summary>A range's log on the embedded Raft and the server's write-ahead log.</summary>
/// <remarks>
/// The leader's appends to followers leave beside its own flush; whatever promises durability (a vote, an answer to an
/// append, counting oneself) waits until the flush that covers it is done.
/// </remarks>
public sealed class RaftReplicatedLog : IReplicatedLog
{
    private readonly RaftGroup _raft;
    private readonly RangeId _range;
    private readonly WriteAheadLog _wal;
    private readonly Queue<(ulong Position, Ready Ready)> _afterFlush = new();
    private readonly ByteWriter _writer = new();

    internal RaftReplicatedLog(RangeId range, RaftGroup raft, WriteAheadLog wal)
    {
        _range = range;
        _raft = raft;
        _wal = wal;
    }

    /// <inheritdoc/>
    public bool IsLeader => _raft.Role == RaftRole.Leader;

    /// <inheritdoc/>
    public Term Fence => _raft.Term;

    /// <inheritdoc/>
    public ServerId Leader => _raft.Leader;

    /// <inheritdoc/>
    public LogIndex LastIndex => _raft.LastIndex;

    /// <inheritdoc/>
    public Timestamp LeaseUntil => _raft.LeadSupportedUntil;

    /// <inheritdoc/>
    public bool HoldsLeaseAt(Timestamp time) => _raft.IsLeadSupportedAt(time);

    /// <summary>The group itself, for status and tests.</summary>
    public RaftGroup Raft => _raft;

    /// <inheritdoc/>
    public bool TryAppend(ReadOnlyMemory<byte> payload, out LogIndex index) => _raft.TryPropose(payload, out index, out _);

    /// <inheritdoc/>
    public void Trim(LogIndex through) => _raft.Compact(through);

    /// <inheritdoc/>
    public void TransferTo(ServerId server) => _raft.TransferLeadership(server);

    /// <inheritdoc/>
    public void Campaign() => _raft.Campaign();

    internal void Tick() => _raft.Tick();

    internal void Step(RaftMessage message) => _raft.Step(message);

    internal bool HasWork => _raft.HasReady;

    /// <summary>Whether ticks change nothing until a message comes or support between servers changes.</summary>
    internal bool IsQuiet => _raft.IsQuiet && _afterFlush.Count == 0;

    /// <summary>Does what the group asks for: writes, sends, applies.</summary>
    internal void Work(Store.Store store, Replica replica)
    {
        while (_raft.HasReady)
        {
            Ready ready = _raft.TakeReady();
            if (ready.SnapshotToInstall is { } snapshot)
            {
                store.InstallSnapshot(replica, snapshot, _wal);
                _raft.OnSnapshotInstalled(snapshot);
            }

            if (ready.HardState is { } hardState) RaftRecords.AppendHardState(_wal, _range, hardState, _writer);
            if (ready.EntriesToAppend.Count > 0) RaftRecords.AppendEntries(_wal, _range, ready.EntriesToAppend, _writer);
            foreach (RaftMessage message in ready.MessagesNow) store.Send(message.To, new PeerMessage.OfRaft(_range, message));
            if (ready.Write > 0)
            {
                // There may be nothing to wait for: all that the messages promise is durable.
                bool isDurable = _afterFlush.Count == 0 && _wal.FlushedPosition >= _wal.EndPosition;
                if (isDurable || Mutation.Is("answer-before-the-flush"))
                {
                    OnFlushed(store, ready);
                }
                else
                {
                    _afterFlush.Enqueue((_wal.EndPosition, ready));
                    store.AwaitFlush(replica);
                }
            }

            foreach (LogEntry entry in ready.Committed) replica.Apply(entry);
            foreach (ServerId follower in ready.SnapshotRequests) store.SendSnapshot(replica, follower);
        }
    }

    /// <summary>Releases what waited for a flush up to here; true if something still waits.</summary>
    internal bool OnFlushed(Store.Store store, ulong position)
    {
        while (_afterFlush.TryPeek(out (ulong Position, Ready Ready) waiting) && waiting.Position <= position)
        {
            _afterFlush.Dequeue();
            OnFlushed(store, waiting.Ready);
        }

        return _afterFlush.Count > 0;
    }

    private void OnFlushed(Store.Store store, Ready ready)
    {
        _raft.OnFlushed(ready);
        foreach (RaftMessage message in ready.MessagesAfterFlush) store.Send(message.To, new PeerMessage.OfRaft(_range, message));
    }
}
