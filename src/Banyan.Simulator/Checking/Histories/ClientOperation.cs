namespace Banyan.Simulator.Checking.Histories;

/// <summary>One operation as its client saw it: everything that a checker may know of it.</summary>
/// <remarks>
/// Times come from one clock for the whole history (virtual, or the monotonic clock of the one process that recorded all
/// clients); only their order counts. A client has one operation at a time.
/// </remarks>
/// <param name="Client">Who.</param>
/// <param name="Invoked">When it was called, in microseconds.</param>
/// <param name="Returned">When the client had the answer, in microseconds; null if it never got one.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Steps">What it did, in order, as one atomic whole.</param>
public sealed record ClientOperation(
    long Client, long Invoked, long? Returned, OperationOutcome Outcome, IReadOnlyList<MicroOperation> Steps)
{
    /// <summary>From when on it must have happened: what nobody knows the end of may happen at any time, or never.</summary>
    public long EndsAt => Outcome == OperationOutcome.Unknown ? long.MaxValue : Returned ?? long.MaxValue;

    /// <inheritdoc/>
    public bool Equals(ClientOperation? other) =>
        other is not null && Client == other.Client && Invoked == other.Invoked && Returned == other.Returned
        && Outcome == other.Outcome && Steps.SequenceEqual(other.Steps);

    /// <inheritdoc/>
    public override int GetHashCode() => (Client ^ Invoked).GetHashCode();

    /// <summary>In words.</summary>
    public override string ToString() =>
        $"client {Client} at {Invoked}–{(EndsAt == long.MaxValue ? "?" : EndsAt)} ({Outcome switch
        {
            OperationOutcome.Ok => "ok",
            OperationOutcome.Failed => "failed",
            _ => "unknown",
        }}): {string.Join(", ", Steps)}";
}
