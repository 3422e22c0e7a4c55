using Banyan.Kv.Ranges;
using Banyan.Kv.Requests;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Storage;

namespace Banyan.Kv.Store;

/// <content>Reads at a timestamp.</content>
public sealed partial class Replica
{
    /// <summary>The oldest timestamp that reads may ask for.</summary>
    public Timestamp HistoryFrom { get; private set; }

    // Any replica may answer at a timestamp that is resolved: nothing at or below it can change any more.
    private bool TryFollowerRead(ReadBody read, Action<ReplyBody> reply)
    {
        if (read.Timestamp.IsZero || !IsInitialized || !Covers(read)) return false;
        if (read.Timestamp > Resolved) return false;
        if (!Log.IsLeader) _store.Probes.Sometimes("a follower answers a read");
        reply(read.Timestamp < HistoryFrom ? new ReplyBody.HistoryGone(HistoryFrom) : Evaluate(read, read.Timestamp));
        return true;
    }

    private bool Covers(ReadBody read)
    {
        foreach (Key key in read.Keys)
        {
            if (!State.Descriptor.Span.Contains(key)) return false;
        }

        foreach (ScanSpan span in read.Spans)
        {
            if (!State.Descriptor.Span.Contains(span.Span)) return false;
        }

        return true;
    }

    private void HandleRead(ReadBody read, Parked request)
    {
        if (!Covers(read))
        {
            request.Reply(WrongRange());
            return;
        }

        Timestamp timestamp = read.Timestamp.IsZero ? _store.Clock.Now() : read.Timestamp;
        Timestamp until = read.Timestamp.IsZero ? timestamp : Timestamp.Max(timestamp, read.UncertainUntil);
        if (!HoldsLeaseAt(timestamp))
        {
            request.Reply(NotLeaseholder());
            return;
        }

        if (timestamp < HistoryFrom)
        {
            request.Reply(new ReplyBody.HistoryGone(HistoryFrom));
            return;
        }

        if (MustWaitForApply(read, until))
        {
            Park(_waitingForApply, request);
            return;
        }

        if (!Mutation.Is("read-through-intents") && IntentInTheWay(read, until) is { } intent)
        {
            PushAndPark(intent.Meta, null, request);
            return;
        }

        Timestamp newest = NewestWithin(read, timestamp, until);
        if (!newest.IsZero && !Mutation.Is("trust-the-clock"))
        {
            _store.Probes.Sometimes("a read meets a version within the clocks' uncertainty");
            request.Reply(new ReplyBody.Uncertain(newest));
            return;
        }

        if (read.Timestamp.IsZero)
        {
            // A commit stamped by another range may lie above our clock and still be over: read at or above it.
            Timestamp highest = NewestWithin(read, timestamp, Timestamp.MaxValue);
            if (!highest.IsZero) timestamp = highest;
        }

        // Whoever leads next starts above our clock: so what was served must not lie above it.
        if (!_store.Clock.TryObserve(timestamp))
        {
            request.Reply(NotLeaseholder());
            return;
        }

        foreach (Key key in read.Keys) Served.Add(key, timestamp, read.Reader);
        foreach (ScanSpan span in read.Spans) Served.Add(span.Span, timestamp, read.Reader);
        request.Reply(Evaluate(read, timestamp));
    }

    private bool MustWaitForApply(ReadBody read, Timestamp until)
    {
        foreach (Key key in read.Keys)
        {
            if (InFlightFloor(key) is { IsZero: false } oldest && oldest <= until) return true;
        }

        foreach (ScanSpan span in read.Spans)
        {
            if (AnyInFlight(span.Span)) return true;
        }

        return false;
    }

    private Intent? IntentInTheWay(ReadBody read, Timestamp until)
    {
        if (State.Intents.Count == 0) return null;
        foreach (Key key in read.Keys)
        {
            if (State.Intents.TryGet(key, out Intent intent) && intent.Meta.Id != read.Reader && intent.Timestamp <= until)
                return intent;
        }

        foreach (ScanSpan span in read.Spans)
        {
            if (IntentInTheWay(span.Span, read.Reader, until) is { } intent) return intent;
        }

        return null;
    }

    private Intent? IntentInTheWay(KeySpan span, TransactionId reader, Timestamp until)
    {
        IntentTable intents = State.Intents;
        for (int at = intents.PositionFrom(span.Start); at < intents.Count && intents.Keys[at] < span.End; at++)
        {
            Intent intent = intents.At(at);
            if (intent.Meta.Id != reader && intent.Timestamp <= until) return intent;
        }

        return null;
    }

    // The newest version in (after, until] on anything that is read; Zero if there is none.
    private Timestamp NewestWithin(ReadBody read, Timestamp after, Timestamp until)
    {
        Timestamp found = Timestamp.Zero;
        if (until <= after) return found;
        foreach (Key key in read.Keys)
        {
            if (!State.Versions.AnyNewer(KeySpan.Of(key), after, until)) continue;
            found = Timestamp.Max(found, Timestamp.Min(State.Versions.NewestTimestamp(key), until));
        }

        foreach (ScanSpan span in read.Spans)
        {
            // No further than what stands there: a time that no clock has reached yet would push all clocks ahead.
            if (State.Versions.AnyNewer(span.Span, after, until))
                found = Timestamp.Max(found, Timestamp.Min(State.Versions.NewestTimestamp(span.Span), until));
        }

        return found;
    }

    private ReplyBody.Read Evaluate(ReadBody read, Timestamp timestamp)
    {
        var values = new byte[]?[read.Keys.Count];
        for (int i = 0; i < values.Length; i++) values[i] = State.ValueFor(read.Reader, read.Keys[i], timestamp);
        var spans = new ScanResult[read.Spans.Count];
        for (int i = 0; i < spans.Length; i++) spans[i] = Scan(read.Reader, read.Spans[i], timestamp);
        return new(timestamp, values, spans);
    }

    private ScanResult Scan(TransactionId reader, ScanSpan scan, Timestamp timestamp)
    {
        var entries = new List<KeyValuePair<Key, byte[]>>();
        IntentTable intents = State.Intents;
        int own = reader.IsNone ? intents.Count : intents.PositionFrom(scan.Span.Start);

        // The reader's own intents are laid over the versions in key order.
        void OwnUpTo(Key end)
        {
            for (; own < intents.Count && intents.Keys[own] < end; own++)
            {
                Intent intent = intents.At(own);
                if (intent.Meta.Id == reader && intent.Value is not null) entries.Add(new(intents.Keys[own], intent.Value));
            }
        }

        foreach (VersionedEntry entry in State.Versions.Scan(scan.Span, timestamp))
        {
            if (!reader.IsNone)
            {
                OwnUpTo(entry.Key);
                if (own < intents.Count && intents.Keys[own] == entry.Key && intents.At(own).Meta.Id == reader) continue;
            }

            if (entries.Count >= scan.KeysMax) return new(entries, entry.Key);
            entries.Add(new(entry.Key, entry.Value));
        }

        if (!reader.IsNone) OwnUpTo(scan.Span.End);
        return new(entries, null);
    }

    private void HandleRefresh(RefreshBody refresh, Parked request)
    {
        foreach (KeySpan span in refresh.Spans)
        {
            if (State.Descriptor.Span.Contains(span)) continue;
            request.Reply(WrongRange());
            return;
        }

        if (!HoldsLeaseAt(refresh.To) || !_store.Clock.TryObserve(refresh.To))
        {
            request.Reply(NotLeaseholder());
            return;
        }

        foreach (KeySpan span in refresh.Spans)
        {
            if (!AnyInFlight(span)) continue;
            Park(_waitingForApply, request);
            return;
        }

        if (_store.Probes.Buggify("refuse a refresh"))
        {
            request.Reply(new ReplyBody.Refreshed(false));
            return;
        }

        foreach (KeySpan span in refresh.Spans)
        {
            // An intent in the window may commit there: the read might have changed. Waiting could deadlock; giving up is safe.
            if (Mutation.Is("refresh-always-passes") || IntentInTheWay(span, refresh.Reader, refresh.To) is null
                && !State.Versions.AnyNewer(span, refresh.From, refresh.To)) continue;
            request.Reply(new ReplyBody.Refreshed(false));
            return;
        }

        foreach (KeySpan span in refresh.Spans) Served.Add(span, refresh.To, refresh.Reader);
        request.Reply(new ReplyBody.Refreshed(true));
    }
}
