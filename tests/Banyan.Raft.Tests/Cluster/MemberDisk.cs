using Banyan.Primitives;

namespace Banyan.Raft.Tests.Cluster;

/// <summary>What one member has made durable, and the writes that are under way, oldest first.</summary>
/// <remarks>A crash keeps a beginning of the writes under way, each whole: that is what rounds of a write-ahead log give.</remarks>
internal sealed class MemberDisk
{
    private readonly Queue<Write> _underWay = new();
    private HardState _hardState;

    public sealed record Write(
        Ready? Ready, AppliedState? Checkpoint, bool ReplacesLog, IReadOnlyList<RaftMessage> Messages)
    {
        public IReadOnlyList<LogEntry> Entries => Ready?.EntriesToAppend ?? [];
    }

    /// <summary>The log as it is durable.</summary>
    public MemberLog Log { get; } = new();

    /// <summary>The state machine as it would be found after a restart.</summary>
    public AppliedState Applied { get; private set; }

    public HardState HardState => _hardState;

    public int UnderWay => _underWay.Count;

    public void Add(Write write) => _underWay.Enqueue(write);

    /// <summary>Makes the oldest write durable.</summary>
    public Write FlushOne()
    {
        Write write = _underWay.Dequeue();
        if (write.Checkpoint is { } checkpoint)
        {
            Applied = checkpoint;
            if (write.ReplacesLog) Log.Restart(checkpoint.Index, checkpoint.Term);
            else Log.Compact(checkpoint.CompactedIndex);
        }

        if (write.Ready?.HardState is { } hardState) _hardState = hardState;
        if (write.Entries.Count > 0) Log.Replace(write.Entries);
        return write;
    }

    /// <summary>Loses what is under way; those that survived were flushed before.</summary>
    public void Crash(ClusterFaults faults)
    {
        _underWay.Clear();
        if (faults.HasFlag(ClusterFaults.ForgetsVote)) _hardState = _hardState with { Vote = ServerId.None };
        if (faults.HasFlag(ClusterFaults.ForgetsPromise)) _hardState = _hardState with { Leader = ServerId.None, SupportEpoch = 0 };
        if (faults.HasFlag(ClusterFaults.LosesLastEntry) && Log.LastIndex > Applied.Index) Log.CutLast();
    }

    public RaftLogState Recover()
    {
        // A snapshot is written before the term that came with it; what was promised in that term was told to nobody.
        if (_hardState.Term < Applied.Term) _hardState = new(Applied.Term, default, _hardState.Commit, default, 0);
        LogIndex commit = LogIndex.Min(LogIndex.Max(_hardState.Commit, Applied.Index), Log.LastIndex);
        return new(_hardState with { Commit = commit }, Log.CompactedIndex, Log.CompactedTerm, [.. Log.Entries], Applied.Index);
    }
}
