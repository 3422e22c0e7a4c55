using Banyan.Kv.Store;
using Banyan.Primitives;

namespace Banyan.Kv.Ranges;

/// <summary>Which range holds a key and who leads it, as far as this server knows. Stale knowledge is corrected by replies.</summary>
/// <remarks>
/// Where two descriptors overlap, the one of higher generation is right: a range and the ones split off it share the
/// generation count, so no cut goes unnoticed.
/// </remarks>
public sealed class RangeDirectory
{
    private readonly SortedDictionary<RangeId, DirectoryEntry> _byId = [];

    // A descriptor that was cut since still claims keys that another, newer one holds: it stands before that, and loses those.
    private readonly List<DirectoryEntry> _byStart = [];

    /// <summary>All known ranges in key order.</summary>
    public IReadOnlyList<DirectoryEntry> Entries => _byStart;

    /// <summary>Takes news of a range; older news is ignored.</summary>
    public void Learn(DirectoryEntry news)
    {
        if (!_byId.TryGetValue(news.Descriptor.Id, out DirectoryEntry? known))
        {
            _byId.Add(news.Descriptor.Id, news);
            _byStart.Insert(~PositionOf(news), news);
            return;
        }

        bool newer = news.Descriptor.Generation > known.Descriptor.Generation;
        bool lease = !news.Leaseholder.IsNone && news.LeaseSequence >= known.LeaseSequence
            && (news.Leaseholder != known.Leaseholder || news.LeaseSequence > known.LeaseSequence);
        if (!newer && !lease) return;
        Replace(known, new(
            newer ? news.Descriptor : known.Descriptor,
            lease ? news.Leaseholder : known.Leaseholder,
            lease ? news.LeaseSequence : known.LeaseSequence));
    }

    /// <summary>The range of a key.</summary>
    /// <remarks>
    /// Half of a split may be known before the other half is. Then this is the range before the key: its leaseholder
    /// refuses, and by the time of the next try the directory has learned more.
    /// </remarks>
    public DirectoryEntry Find(Key key) => _byStart[PositionOf(key)];

    /// <summary>What of a span lies in the range of its first key; never empty unless the span is.</summary>
    public KeySpan FirstPiece(KeySpan span)
    {
        int at = PositionOf(span.Start);
        KeySpan range = _byStart[at].Descriptor.Span;
        if (range.Contains(span.Start)) return range.Intersect(span);
        Key end = at + 1 < _byStart.Count && _byStart[at + 1].Descriptor.Span.Start < span.End
            ? _byStart[at + 1].Descriptor.Span.Start
            : span.End;
        return new(span.Start, end);
    }

    private int PositionOf(Key key)
    {
        Invariant.Holds(_byStart.Count > 0);
        int low = 0, high = _byStart.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_byStart[middle].Descriptor.Span.Start <= key) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    /// <summary>A server said that it does not lead a range, and perhaps who does.</summary>
    public void OnNotLeaseholder(RangeId range, ServerId server, ServerId hint)
    {
        if (!_byId.TryGetValue(range, out DirectoryEntry? known) || known.Leaseholder != server) return;
        Replace(known, known with { Leaseholder = hint });
    }

    /// <summary>A server has answered as leaseholder.</summary>
    public void OnServed(RangeId range, ServerId server)
    {
        if (!_byId.TryGetValue(range, out DirectoryEntry? known) || known.Leaseholder == server) return;
        Replace(known, known with { Leaseholder = server });
    }

    private void Replace(DirectoryEntry known, DirectoryEntry entry)
    {
        _byId[entry.Descriptor.Id] = entry;
        int at = PositionOf(known);
        if (known.Descriptor == entry.Descriptor)
        {
            _byStart[at] = entry;
            return;
        }

        _byStart.RemoveAt(at);
        _byStart.Insert(~PositionOf(entry), entry);
    }

    // Where an entry is, or the complement of where it would be.
    private int PositionOf(DirectoryEntry entry) => _byStart.BinarySearch(entry, _order);

    private static readonly Comparer<DirectoryEntry> _order = Comparer<DirectoryEntry>.Create(static (a, b) =>
    {
        int order = a.Descriptor.Span.Start.CompareTo(b.Descriptor.Span.Start);
        if (order == 0) order = a.Descriptor.Generation.CompareTo(b.Descriptor.Generation);
        return order != 0 ? order : a.Descriptor.Id.CompareTo(b.Descriptor.Id);
    });
}
