using Banyan.Kv.Store;
using Banyan.Primitives;

namespace Banyan.Kv.Closing;

/// <summary>
/// What one server has said of the ranges that it leads: one closed timestamp for all of them, and for each range the
/// entry after which it holds.
/// </summary>
internal sealed class ClosedStream
{
    private readonly Dictionary<RangeId, ClosedRange> _notes = [];

    /// <summary>For every range noted here: once the noted entry is applied, nothing more is written at or below this.</summary>
    public Timestamp Closed { get; private set; }

    /// <summary>Which life of the sender, and the last message of it that was taken.</summary>
    public (ulong Life, ulong Sequence) Position { get; set; }

    /// <summary>Replicas on this server that read their closed timestamp here.</summary>
    public int SettledCount { get; set; }

    /// <summary>How many ranges are noted.</summary>
    public int Count => _notes.Count;

    /// <summary>All notes, by the numbers of their ranges. Sorted on demand: they are looked up far more often.</summary>
    public IEnumerable<ClosedRange> Notes => _notes.Values.OrderBy(note => note.Range);

    /// <summary>Takes note of a range; false if that is no news.</summary>
    public bool Note(ClosedRange range)
    {
        if (_notes.TryGetValue(range.Range, out ClosedRange known) && known == range) return false;
        _notes[range.Range] = range;
        return true;
    }

    /// <summary>Says nothing more of a range; false if it did not.</summary>
    public bool Forget(RangeId range) => _notes.Remove(range);

    /// <summary>Says nothing more of any range. The timestamp of an earlier life need not hold for what comes now.</summary>
    public void Restart()
    {
        _notes.Clear();
        Closed = Timestamp.Zero;
    }

    /// <summary>Moves the timestamp on; older news is ignored.</summary>
    public void Close(Timestamp closed) => Closed = Timestamp.Max(Closed, closed);

    /// <summary>Whether the closed timestamp holds for a replica as it is now.</summary>
    public bool HoldsFor(Replica replica) =>
        _notes.TryGetValue(replica.Id, out ClosedRange note) && note.Term == replica.Log.Fence
        && replica.State.AppliedTerm == note.Term && (replica.State.AppliedIndex >= note.Index || Mutation.Is("close-before-the-entry"));
}
