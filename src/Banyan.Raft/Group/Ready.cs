using Banyan.Primitives;

namespace Banyan.Raft;

/// <summary>What a group asks its host to do, in the order of the properties.</summary>
/// <remarks>
/// The lists are the host's to keep. <see cref="HardState"/> and <see cref="EntriesToAppend"/> go into the log and are
/// flushed; <see cref="MessagesNow"/> leave at once, beside the flush; <see cref="MessagesAfterFlush"/> only when it is
/// done, since they promise what it makes durable; the host then calls <see cref="RaftGroup.OnFlushed"/>, if there is a
/// <see cref="Write"/>.
/// </remarks>
public sealed class Ready
{
    internal static readonly Ready Nothing = new();

    /// <summary>The state to put in place of the log, before anything else; then call <see cref="RaftGroup.OnSnapshotInstalled"/>.</summary>
    public RaftSnapshot? SnapshotToInstall { get; internal init; }

    /// <summary>Which write this is, counted from 1, for the trace; 0 if there is nothing to write, and nothing waits for a flush.</summary>
    public ulong Write { get; internal init; }

    /// <summary>To be made durable if not null.</summary>
    public HardState? HardState { get; internal init; }

    /// <summary>To be made durable; whatever the log holds from the first one's index on is replaced.</summary>
    public IReadOnlyList<LogEntry> EntriesToAppend { get; internal init; } = [];

    /// <summary>To be sent at once.</summary>
    public IReadOnlyList<RaftMessage> MessagesNow { get; internal init; } = [];

    /// <summary>To be sent when all the above is durable.</summary>
    public IReadOnlyList<RaftMessage> MessagesAfterFlush { get; internal init; } = [];

    /// <summary>To be applied.</summary>
    public IReadOnlyList<LogEntry> Committed { get; internal init; } = [];

    /// <summary>Followers that need a snapshot: answer with <see cref="RaftGroup.SendSnapshot"/>.</summary>
    public IReadOnlyList<ServerId> SnapshotRequests { get; internal init; } = [];
}
