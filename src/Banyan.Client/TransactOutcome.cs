using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;

namespace Banyan.Client;

/// <summary>What became of a batch of operations.</summary>
public abstract record TransactOutcome
{
    /// <summary>All of it happened at this timestamp; for each operation the node it was about, for a spawn the new one.</summary>
    public sealed record Committed(Timestamp Timestamp, IReadOnlyList<NodeId> Nodes) : TransactOutcome;

    /// <summary>None of it happened: this operation (from 0) could not be.</summary>
    public sealed record Refused(SceneError Error, int Operation) : TransactOutcome;

    /// <summary>None of it happened: no majority could be reached in time, or there was too much contention.</summary>
    public sealed record Unavailable(string Why) : TransactOutcome;

    /// <summary>All of it happened, or none: nobody could tell in time.</summary>
    public sealed record Ambiguous(string Why) : TransactOutcome;
}
