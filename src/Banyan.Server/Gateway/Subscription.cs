using System.Runtime.InteropServices;
using Banyan.Client.Protocol;
using Banyan.Kv.Feeds;
using Banyan.Kv.Ranges;
using Banyan.Kv.Store;
using Banyan.Primitives;
using Banyan.Scene.Records;

namespace Banyan.Server.Gateway;

/// <summary>
/// Brings one subscriber from a snapshot, or from where it stopped, to every later change. What comes while the past is
/// still being sent waits behind it.
/// </summary>
internal sealed class Subscription : IFeedSubscriber
{
    /// <summary>Subscriptions that a session may have.</summary>
    public const int PerSessionMax = 16;

    private const int QueuedBytesMax = 256 << 20;

    private readonly GatewaySession _session;
    private readonly ulong _number;
    private readonly Timestamp _after;
    private readonly ByteWriter _writer = new(1024);
    private Queue<byte[]>? _waiting = new(); // frames, until the past is sent; guarded by the gate
    private long _waitingBytes;
    private readonly Lock _gate = new();

    private Subscription(GatewaySession session, ulong number, Timestamp after)
    {
        _session = session;
        _number = number;
        _after = after;
    }

    /// <summary>On the loop. Null if this server does not have everything yet.</summary>
    public static Subscription? TryStart(GatewaySession session, Store store, ulong number, Timestamp after)
    {
        if (store.Feed.Snapshot() is not { } snapshot) return null;
        bool goesOn = !after.IsZero && (after > snapshot.Timestamp || store.Feed.Snapshot(after) is not null);
        var subscription = new Subscription(session, number, goesOn ? after : Timestamp.Zero);
        store.Feed.Subscribe(subscription);
        _ = Task.Run(() => subscription.SendPastAsync(snapshot, goesOn, after));
        return subscription;
    }

    /// <inheritdoc/>
    public void OnBatch(ChangeBatch batch)
    {
        // It goes on from a server that was ahead of this one.
        if (batch.Timestamp <= _after) return;
        EncodeChanges(_writer, batch.Timestamp, batch.Changes);
        Send();
    }

    /// <inheritdoc/>
    public void OnResolved(Timestamp timestamp)
    {
        if (timestamp <= _after) return;
        Begin(_writer, ReplyKind.Resolved, timestamp);
        Send();
    }

    private void EncodeChanges(ByteWriter writer, Timestamp timestamp, ReadOnlySpan<VersionEvent> changes)
    {
        Begin(writer, ReplyKind.Changes, timestamp);
        foreach (VersionEvent change in changes)
        {
            if (change.Key.StartsWith(SceneKeys.All.Start)) ReplyCodec.EncodeChange(writer, change.Key, change.Value);
        }
    }

    private void Begin(ByteWriter writer, ReplyKind kind, Timestamp timestamp)
    {
        writer.Clear();
        writer.Byte((byte)kind);
        writer.Number(_number);
        writer.Timestamp(timestamp);
    }

    private void Send()
    {
        lock (_gate)
        {
            if (_waiting is not null)
            {
                _waiting.Enqueue(_writer.ToArray());
                _waitingBytes += _writer.Length;
                if (_waitingBytes > QueuedBytesMax) _session.Drop("the subscriber is too slow");
                return;
            }

            _session.SendFromLoop(_writer.Written);
        }

        if (_session.QueuedBytes > QueuedBytesMax) _session.Drop("the subscriber is too slow");
    }

    private async Task SendPastAsync(StoreSnapshot snapshot, bool goesOn, Timestamp after)
    {
        if (!goesOn)
        {
            await _session.SendRecordsAsync(_number, snapshot.Timestamp, NodePlace.Root, snapshot.Scan(SceneKeys.All)).ConfigureAwait(false);
        }
        else if (after < snapshot.Timestamp)
        {
            var writer = new ByteWriter(4096);
            foreach ((Timestamp timestamp, List<VersionEvent> changes) in snapshot.ChangesAfter(after))
            {
                EncodeChanges(writer, timestamp, CollectionsMarshal.AsSpan(changes));
                await _session.SendPastFrameAsync(writer.ToArray()).ConfigureAwait(false);
            }
        }

        lock (_gate)
        {
            foreach (byte[] frame in _waiting!) _session.SendPastFrame(frame);
            _waiting = null;
        }
    }
}
