namespace Banyan.Kv.Leases;

/// <summary>How often a server asks for support, and for how long.</summary>
/// <param name="HeartbeatMicroseconds">Between two requests.</param>
/// <param name="SupportMicroseconds">How far ahead a request reaches: above the worst pause plus the slowest flush.</param>
public sealed record LivenessOptions(long HeartbeatMicroseconds = 80_000, long SupportMicroseconds = 400_000);
