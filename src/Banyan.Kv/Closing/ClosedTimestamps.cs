using Banyan.Kv.Store;
using Banyan.Primitives;

namespace Banyan.Kv.Closing;

/// <summary>
/// Closed timestamps beside the log: each leaseholder server tells the others one timestamp for all ranges that it
/// leads, and names only those that have changed since. Ten thousand quiet ranges cost what one costs.
/// </summary>
/// <remarks>
/// <para>
/// A replica is <em>settled</em> when it is asleep and its leader's note holds for it: then its closed timestamp is read
/// in the stream, and it is looked at no more until something wakes it. All others are <em>open</em>, and looked at one
/// by one. On its way from settled to open a replica keeps what was closed so far.
/// </para>
/// <para>
/// Messages may be lost or overtaken: they are numbered, and a receiver that misses one asks for all notes again.
/// Source: the closed timestamp side transport of CockroachDB.
/// </para>
/// </remarks>
internal sealed class ClosedTimestamps(Store.Store store)
{
    private readonly SortedDictionary<ServerId, ClosedStream> _streams = []; // of the other servers
    private readonly SortedDictionary<ServerId, Receiver> _receivers = [];
    private readonly ClosedStream _own = new();
    private readonly List<Replica> _open = [];
    private readonly List<Replica> _led = [];

    // What another server has still to be told.
    private sealed class Receiver
    {
        public ulong Sequence;
        public bool NeedsAll = true;
        public readonly List<ClosedRange> Changed = [];
        public readonly List<RangeId> Gone = [];
    }

    /// <summary>What this server has promised for the ranges that it leads.</summary>
    public Timestamp Promised => _own.Closed;

    /// <summary>Whether something came that may move the feed's frontier.</summary>
    public bool HasNews { get; private set; }

    /// <summary>A replica has woken: its note may have to change.</summary>
    public void OpenForNote(Replica replica)
    {
        replica.IsNoteDue = true;
        Open(replica);
    }

    // From here on it is looked at one by one, until it is quiet again.
    private void Open(Replica replica)
    {
        if (replica.SettledIn is { } stream)
        {
            replica.State.OnClosed(stream.Closed);
            stream.SettledCount--;
            replica.SettledIn = null;
        }

        if (replica.IsOpen) return;
        replica.IsOpen = true;
        _open.Add(replica);
    }

    /// <summary>The earliest resolved timestamp of all keys here; settles what can be. Zero while some are not here yet.</summary>
    public Timestamp Frontier()
    {
        HasNews = false;
        Timestamp frontier = Timestamp.MaxValue;
        int kept = 0;
        for (int i = 0; i < _open.Count; i++)
        {
            Replica replica = _open[i];
            if (replica.IsGone || TrySettle(replica))
            {
                replica.IsOpen = false;
                continue;
            }

            _open[kept++] = replica;
            frontier = Timestamp.Min(frontier, replica.IsInitialized ? replica.State.Resolved : Timestamp.Zero);
        }

        _open.RemoveRange(kept, _open.Count - kept);
        if (_own.SettledCount > 0) frontier = Timestamp.Min(frontier, _own.Closed);
        foreach (ClosedStream stream in _streams.Values)
        {
            if (stream.SettledCount > 0) frontier = Timestamp.Min(frontier, stream.Closed);
        }

        return store.HasGap ? Timestamp.Zero : frontier;
    }

    private bool TrySettle(Replica replica)
    {
        if (!replica.IsInitialized) return false;
        ClosedStream? stream = replica.Log.IsLeader ? _own : _streams.GetValueOrDefault(replica.Log.Leader);
        if (stream is null || !stream.HoldsFor(replica)) return false;
        if (!replica.IsAwake && !replica.IsNoteDue && replica.State.Intents.Count == 0)
        {
            replica.SettledIn = stream;
            stream.SettledCount++;
            return true;
        }

        replica.State.OnClosed(stream.Closed);
        return false;
    }

    /// <summary>Closes up to a timestamp whatever this server may serve, and tells the others.</summary>
    public void Send(Timestamp closed)
    {
        // Sleeping leaseholders are not asked one by one while everybody's support stands.
        if (!AllSupport())
        {
            foreach (ClosedRange note in _own.Notes) _led.Add(store.Replicas[note.Range]);
            foreach (Replica replica in _led) OpenForNote(replica);
            _led.Clear();
        }

        foreach (Replica replica in _open)
        {
            if (replica.IsGone || !replica.IsNoteDue) continue;
            replica.IsNoteDue = replica.IsAwake;
            if (replica.TryNote(out ClosedRange note)) Note(replica, note);
            else Forget(replica);
        }

        _own.Close(closed);
        HasNews = true;
        foreach (ServerId server in store.Servers)
        {
            if (server != store.Self) Send(server);
        }
    }

    private bool AllSupport()
    {
        Timestamp needed = store.Clock.Reading.Add(store.Options.MaxOffsetMicroseconds);
        foreach (ServerId server in store.Servers)
        {
            if (store.Liveness.SupportFrom(server).Expiration <= needed) return false;
        }

        return true;
    }

    private void Note(Replica replica, ClosedRange note)
    {
        replica.IsPromised = true;
        if (!_own.Note(note)) return;
        foreach (ServerId member in replica.State.Descriptor.Members)
        {
            if (member != store.Self) ReceiverAt(member).Changed.Add(note);
        }
    }

    private void Forget(Replica replica)
    {
        replica.EndPromise();
        if (!_own.Forget(replica.Id)) return;
        foreach (ServerId member in replica.State.Descriptor.Members)
        {
            if (member != store.Self) ReceiverAt(member).Gone.Add(replica.Id);
        }
    }

    private Receiver ReceiverAt(ServerId server)
    {
        if (!_receivers.TryGetValue(server, out Receiver? receiver)) _receivers.Add(server, receiver = new());
        return receiver;
    }

    private void Send(ServerId server)
    {
        Receiver receiver = ReceiverAt(server);
        // Who leads nothing, and has said so, says nothing.
        if (_own.Count == 0 && receiver.Gone.Count == 0 && receiver.Changed.Count == 0) return;
        ClosedRange[] changed = receiver.NeedsAll
            ? [.. _own.Notes.Where(n => store.Replicas[n.Range].State.Descriptor.Members.Contains(server))]
            : [.. receiver.Changed];
        RangeId[] gone = receiver.NeedsAll ? [] : [.. receiver.Gone];
        if (store.Probes.Buggify("lose a note of closed timestamps")) receiver.Sequence++;
        store.Send(server, new PeerMessage.OfClosed(
            store.Liveness.Life, ++receiver.Sequence, receiver.NeedsAll, _own.Closed, changed, gone));
        receiver.NeedsAll = false;
        receiver.Changed.Clear();
        receiver.Gone.Clear();
    }

    /// <summary>A receiver has missed a message of this life: it is told everything.</summary>
    public void OnMissed(ServerId from, ulong life)
    {
        if (life == store.Liveness.Life) ReceiverAt(from).NeedsAll = true;
    }

    /// <summary>Takes the word of another server.</summary>
    public void Receive(ServerId from, PeerMessage.OfClosed message)
    {
        if (!_streams.TryGetValue(from, out ClosedStream? stream)) _streams.Add(from, stream = new());
        (ulong life, ulong sequence) = stream.Position;
        if (message.Life < life || (message.Life == life && message.Sequence <= sequence)) return;
        if (message.IsAll)
        {
            foreach (Replica replica in store.Replicas.Values)
            {
                if (replica.SettledIn == stream) Open(replica);
            }

            stream.Restart();
        }
        else if (message.Life != life || message.Sequence != sequence + 1)
        {
            store.Probes.Sometimes("a note of closed timestamps is missed");
            store.Send(from, new PeerMessage.OfClosedMissed(message.Life));
            return;
        }

        foreach (RangeId range in message.Gone)
        {
            OpenIfSettled(range, stream);
            stream.Forget(range);
        }

        foreach (ClosedRange range in message.Changed)
        {
            OpenIfSettled(range.Range, stream);
            stream.Note(range);
        }

        stream.Position = (message.Life, message.Sequence);
        stream.Close(message.Closed);
        HasNews = true;
    }

    private void OpenIfSettled(RangeId range, ClosedStream stream)
    {
        if (store.Replicas.TryGetValue(range, out Replica? replica) && replica.SettledIn == stream) Open(replica);
    }
}
