using Banyan.Primitives;

namespace Banyan.Raft;

/// <summary>What a leader knows of one follower.</summary>
internal sealed class Progress(ServerId server)
{
    private readonly Queue<(LogIndex Last, int Bytes)> _inFlight = new();

    public enum Mode
    {
        /// <summary>One append at a time, until the logs are known to agree somewhere.</summary>
        Probe,

        /// <summary>Appends are sent ahead of the answers.</summary>
        Replicate,

        /// <summary>Waits for a snapshot to be installed.</summary>
        Snapshot,
    }

    public ServerId Server { get; } = server;

    public Mode State { get; private set; } = Mode.Probe;

    /// <summary>Durable at the follower.</summary>
    public LogIndex Match { get; set; }

    /// <summary>The next entry to send.</summary>
    public LogIndex Next { get; set; }

    /// <summary>The commit index that it has confirmed, and the one last sent.</summary>
    public LogIndex CommitKnown { get; set; }

    public LogIndex CommitSent { get; set; }

    /// <summary>Under which epoch it promised its support in this term; 0 for not yet.</summary>
    public ulong SupportEpoch { get; set; }

    /// <summary>Ticks since something was sent that has had no answer; 0 if nothing waits.</summary>
    public int TicksWaiting { get; set; }

    /// <summary>Heard from since the last check of the quorum.</summary>
    public bool IsActive { get; set; }

    /// <summary>A probe is under way, or a snapshot: nothing more until it is answered.</summary>
    public bool IsPaused { get; set; }

    public LogIndex SnapshotIndex { get; private set; }

    public int InFlightMessages => _inFlight.Count;

    public long InFlightBytes { get; private set; }

    public void Probe(LogIndex next)
    {
        State = Mode.Probe;
        Next = LogIndex.Max(next, Match.Next);
        IsPaused = false;
        ClearInFlight();
    }

    public void Replicate()
    {
        State = Mode.Replicate;
        Next = Match.Next;
        IsPaused = false;
        ClearInFlight();
    }

    public void AwaitSnapshot(LogIndex index)
    {
        State = Mode.Snapshot;
        SnapshotIndex = index;
        IsPaused = true;
        TicksWaiting = 0;
        ClearInFlight();
    }

    public void Sent(LogIndex last, int bytes)
    {
        _inFlight.Enqueue((last, bytes));
        InFlightBytes += bytes;
    }

    public void Acknowledged(LogIndex through)
    {
        while (_inFlight.TryPeek(out (LogIndex Last, int Bytes) first) && first.Last <= through)
        {
            _inFlight.Dequeue();
            InFlightBytes -= first.Bytes;
        }
    }

    private void ClearInFlight()
    {
        _inFlight.Clear();
        InFlightBytes = 0;
    }
}
