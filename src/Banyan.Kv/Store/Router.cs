using Banyan.Kv.Ranges;
using Banyan.Kv.Requests;
using Banyan.Primitives;

namespace Banyan.Kv.Store;

/// <summary>
/// Brings requests to the leaseholder of their keys, wherever it is, and brings back one reply: follows hints, asks
/// around when there are none, and sends again when nobody answers.
/// </summary>
/// <remarks>
/// Every request may be sent more than once: all of them are idempotent (a one-range commit by its request id, writes
/// by transaction and sequence, the rest by nature).
/// </remarks>
public sealed class Router
{
    private readonly Store _store;
    private readonly RangeDirectory _directory;
    private readonly SortedDictionary<ulong, Outstanding> _outstanding = []; // by the number of the first transmission
    private readonly Dictionary<ulong, Outstanding> _transmissions = [];
    private ulong _lastNumber;

    private sealed class Outstanding(Key key, RequestBody body, Action<ReplyBody> done, Timestamp deadline)
    {
        public readonly Key Key = key;
        public readonly RequestBody Body = body;
        public readonly Action<ReplyBody> Done = done;
        public readonly Timestamp Deadline = deadline;
        public readonly List<ulong> Numbers = [];
        public RangeId Range;
        public ServerId SentTo; // None while no transmission waits for its reply
        public ulong SentUnderLease;
        public Timestamp SendAgainAt;
        public int Tries;
        public bool MayHaveHappened;
    }

    internal Router(Store store, RangeDirectory directory)
    {
        _store = store;
        _directory = directory;
        // Receivers drop what they have seen: a later life must not use an earlier one's numbers.
        _lastNumber = store.Clock.Now().Value;
    }

    /// <summary>Requests without a reply yet.</summary>
    public int OutstandingCount => _outstanding.Count;

    /// <summary>
    /// Sends a request to the range of a key. The reply is what the leaseholder said, or <see cref="ReplyBody.WrongRange"/>
    /// when the keys no longer lie in one range, or, after the time limit, <see cref="ReplyBody.NotLeaseholder"/> (nothing
    /// was done) or <see cref="ReplyBody.Unknown"/> (something may have been).
    /// </summary>
    public void Send(Key key, RequestBody body, Action<ReplyBody> done, long? timeoutMicroseconds = null)
    {
        Timestamp deadline = _store.Clock.Reading.Add(timeoutMicroseconds ?? _store.Options.RequestTimeoutMicroseconds);
        var request = new Outstanding(key, body, done, deadline);
        Transmit(request);
        _outstanding.Add(request.Numbers[0], request);
    }

    /// <summary>Sorts things by the range that holds their key; groups in key order of their first member's range.</summary>
    public List<List<T>> GroupByRange<T>(IEnumerable<T> things, Func<T, Key> keyOf)
    {
        // Mostly all lie in one range: then one list is all there is to make.
        SortedDictionary<RangeId, List<T>>? groups = null;
        var first = new List<T>();
        RangeId firstRange = default;
        foreach (T thing in things)
        {
            RangeId range = _directory.Find(keyOf(thing)).Descriptor.Id;
            if (groups is null && (first.Count == 0 || range == firstRange))
            {
                firstRange = range;
                first.Add(thing);
                continue;
            }

            groups ??= new() { { firstRange, first } };
            if (!groups.TryGetValue(range, out List<T>? group)) groups.Add(range, group = []);
            group.Add(thing);
        }

        if (groups is not null) return [.. groups.Values];
        return first.Count == 0 ? [] : [first];
    }

    /// <summary>The range that holds a key, as far as this server knows.</summary>
    public RangeDescriptor RangeOf(Key key) => _directory.Find(key).Descriptor;

    /// <summary>What of a span lies in the range of its first key; up to the next range that is known if that range is not.</summary>
    public KeySpan FirstPiece(KeySpan span) => _directory.FirstPiece(span);

    internal void OnReply(ulong number, ServerId from, ReplyBody body)
    {
        if (!_transmissions.TryGetValue(number, out Outstanding? request)) return;
        bool isLatest = number == request.Numbers[^1];
        switch (body)
        {
            case ReplyBody.NotLeaseholder notLeaseholder:
                // An answer to an earlier transmission says nothing about the one under way.
                if (!isLatest) return;
                _directory.OnNotLeaseholder(notLeaseholder.Range, from, notLeaseholder.Hint);
                request.SentTo = ServerId.None;
                if (!notLeaseholder.Hint.IsNone && request.Tries < 3) Transmit(request);
                else request.SendAgainAt = _store.Clock.Reading.Add(RetryMicroseconds);
                break;
            case ReplyBody.Overloaded:
                if (!isLatest) return;
                request.SentTo = ServerId.None;
                request.SendAgainAt = _store.Clock.Reading.Add(OverloadRetryMicroseconds);
                break;
            case ReplyBody.WrongRange { Descriptor: { } descriptor } when !descriptor.Span.Contains(request.Key):
                _directory.Learn(new(descriptor, ServerId.None, 0));
                if (!isLatest) return;
                request.SentTo = ServerId.None;
                request.SendAgainAt = _store.Clock.Reading.Add(RetryMicroseconds);
                break;
            case ReplyBody.Unknown:
                request.MayHaveHappened = true;
                if (!isLatest) return;
                request.SentTo = ServerId.None;
                request.SendAgainAt = _store.Clock.Reading.Add(RetryMicroseconds);
                break;
            default:
                if (body is ReplyBody.WrongRange { Descriptor: { } newer }) _directory.Learn(new(newer, ServerId.None, 0));
                else _directory.OnServed(request.Range, from);
                bool isUnsure = request.MayHaveHappened && request.Body is WriteBody && body is ReplyBody.WrongRange or ReplyBody.NeedsTimestamp;
                Finish(request, isUnsure ? new ReplyBody.Unsure(body) : body);
                break;
        }
    }

    /// <summary>Sends again what was not answered, and gives up what is past its time.</summary>
    internal void Tick()
    {
        if (_outstanding.Count == 0) return;
        Timestamp now = _store.Clock.Reading;
        List<Outstanding>? due = null;
        foreach (Outstanding request in _outstanding.Values)
        {
            if (request.SendAgainAt <= now || request.Deadline <= now || HasMoved(request)) (due ??= []).Add(request);
        }

        if (due is null) return;
        foreach (Outstanding request in due)
        {
            if (!_outstanding.ContainsKey(request.Numbers[0])) continue;
            if (request.Deadline > now)
            {
                if (!request.SentTo.IsNone)
                {
                    // No answer: it may have arrived, and its leaseholder may be gone.
                    request.MayHaveHappened = true;
                    if (!HasMoved(request)) _directory.OnNotLeaseholder(request.Range, request.SentTo, ServerId.None);
                }

                Transmit(request);
                continue;
            }

            bool unknown = request.MayHaveHappened || !request.SentTo.IsNone;
            Finish(request, unknown ? new ReplyBody.Unknown() : new ReplyBody.NotLeaseholder(request.Range, ServerId.None));
        }
    }

    // A newer lease has begun than the one that it was sent under: whoever held that may never answer.
    private bool HasMoved(Outstanding request)
    {
        DirectoryEntry entry = _directory.Find(request.Key);
        return entry.LeaseSequence > request.SentUnderLease && entry.Descriptor.Id == request.Range && entry.Leaseholder != request.SentTo
            && !entry.Leaseholder.IsNone;
    }

    private void Finish(Outstanding request, ReplyBody body)
    {
        _outstanding.Remove(request.Numbers[0]);
        foreach (ulong number in request.Numbers) _transmissions.Remove(number);
        request.Done(body);
    }

    private void Transmit(Outstanding request)
    {
        ulong number = ++_lastNumber;
        request.Numbers.Add(number);
        _transmissions.Add(number, request);
        DirectoryEntry entry = _directory.Find(request.Key);
        request.Range = entry.Descriptor.Id;
        ServerId to = entry.Leaseholder;
        if (to.IsNone || request.Tries % 4 == 3)
            to = entry.Descriptor.Members[request.Tries % entry.Descriptor.Members.Length];
        if (_store.Probes.Buggify("ask the wrong server")) to = entry.Descriptor.Members[(int)(number % (ulong)entry.Descriptor.Members.Length)];
        request.Tries++;
        request.SentTo = to;
        request.SentUnderLease = entry.LeaseSequence;
        request.SendAgainAt = _store.Clock.Reading.Add(_store.Probes.Buggify("send again at once") ? 0 : Patience(request.Tries));
        _store.SendRequest(to, number, request.Range, request.Body);
    }

    // Longer every time: whoever is too slow to answer would only get slower by being asked more often. That a lease has
    // moved is noticed at once, and needs no patience.
    private long Patience(int tries) => _store.Options.ResendMicroseconds << Math.Min(tries - 1, PatienceDoublingsMax);

    private const int PatienceDoublingsMax = 4;
    private const long RetryMicroseconds = 20_000;
    private const long OverloadRetryMicroseconds = 50_000;
}
