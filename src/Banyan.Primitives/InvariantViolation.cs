namespace Banyan.Primitives;

/// <summary>An <see cref="Invariant"/> did not hold. Never caught by a room; the host ends the process.</summary>
public sealed class InvariantViolation(string statement) : Exception(statement);
