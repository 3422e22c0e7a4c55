using Banyan.Primitives;
using Banyan.Simulator.Checking.Histories;

namespace Banyan.Simulator.Workloads.Kv;

/// <summary>An operation with what its client saw and when the store says that it happened.</summary>
/// <param name="Number">As in <see cref="KvOperation.Number"/>.</param>
/// <param name="Seen">What the client saw.</param>
/// <param name="At">When it committed, or what it read at if it gave up; null if that is not known.</param>
/// <param name="Mark">The key that it marked, if it wrote anything.</param>
internal sealed record RecordedOperation(ulong Number, ClientOperation Seen, Timestamp? At, Key? Mark)
{
    /// <summary>Whether only one of its writes is made; as <see cref="KvOperation.WritesOneOfPlanned"/>.</summary>
    public bool WritesOneOf { get; init; }

    public bool IsOk => Seen.Outcome == OperationOutcome.Ok;

    public bool IsUnknown => Seen.Outcome == OperationOutcome.Unknown;

    /// <summary>Whether it may have changed anything.</summary>
    public bool Writes => Seen.Steps.Any(s => s.IsWrite && s.Applied);

    public override string ToString() => $"operation {Number}{(At is { } at ? $" at {at}" : "")}, {Seen}";
}
