using System.Threading.Channels;
using Banyan.Client.Protocol;
using Banyan.Primitives;
using Banyan.Scene.Tree;

namespace Banyan.Client;

/// <summary>
/// A subscription over all connections of its client: it knows up to where it has been told everything, and a new
/// connection goes on from there. So nothing is missed and nothing comes twice.
/// </summary>
internal sealed class SubscriptionRequest(Timestamp after, int bufferedMax) : PendingRequest
{
    private readonly Channel<SceneUpdate> _updates = Channel.CreateUnbounded<SceneUpdate>();

    private Timestamp _position = after;
    private SceneMirror? _snapshot;

    public ChannelReader<SceneUpdate> Updates => _updates.Reader;

    /// <summary>Its reader is too far behind: what comes is dropped, until it goes on from <c>_position</c> under a new number.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>Whether its reader has caught up: true once for each pause, for there may be no connection to go on with yet.</summary>
    public bool TryGoOn()
    {
        if (!IsPaused || _updates.Reader.Count > bufferedMax / 2) return false;
        IsPaused = false;
        return true;
    }

    public override void Encode(ByteWriter writer)
    {
        _snapshot = null;
        IsPaused = false;
        writer.Byte((byte)RequestKind.Subscribe);
        writer.Number(Number);
        writer.Timestamp(_position);
    }

    public override bool OnReply(ReplyKind kind, ReadOnlySpan<byte> rest, out bool isOver)
    {
        isOver = false;
        if (_updates.Reader.Count >= bufferedMax) IsPaused = true;
        if (IsPaused)
        {
            isOver = true;
            return true;
        }

        var reader = new ByteReader(rest);
        switch (kind)
        {
            case ReplyKind.Records:
                Timestamp timestamp = reader.Timestamp();
                bool last = reader.Bool();
                reader.Number();
                reader.Number();
                if (!ReplyCodec.TryDecodeChanges(ref reader, out List<RecordChange> records)) return false;
                _snapshot ??= new();
                foreach (RecordChange record in records) _snapshot.Apply(record.Key, record.Value);
                if (!last) return true;
                Write(new SceneUpdate.Snapshot(timestamp, _snapshot));
                _snapshot = null;
                return true;
            case ReplyKind.Changes:
                timestamp = reader.Timestamp();
                if (!ReplyCodec.TryDecodeChanges(ref reader, out records)) return false;
                // What a former connection has brought already.
                if (timestamp > _position) Write(new SceneUpdate.Changes(timestamp, records));
                return true;
            case ReplyKind.Resolved:
                timestamp = reader.Timestamp();
                if (!reader.IsAtEnd) return false;
                if (timestamp > _position) Write(new SceneUpdate.Resolved(timestamp));
                return true;
            case ReplyKind.Failed:
                if (!Failure.TryRead(rest, out BanyanException? failure)) return false;
                // A server that has just started may not have everything yet: another connection, or later.
                if (failure.Code == FailureCode.Unavailable) return false;
                _updates.Writer.TryComplete(failure);
                isOver = true;
                return true;
            default:
                return false;
        }
    }

    public override void OnTimeout(string why)
    {
        // A subscription has all the time in the world.
    }

    public void Complete() => _updates.Writer.TryComplete();

    private void Write(SceneUpdate update)
    {
        _position = update.Timestamp;
        _updates.Writer.TryWrite(update);
    }
}
