namespace Banyan.Kv.Leases;

/// <summary>How often a server asks for support, and for how long.</summary>
/// <param name="HeartbeatMicroseconds">Between two requests.</param>
/// <param name="SupportMicroseconds">How far ahead a request reaches: above the worst pause plus the slowest flush.</param>
/// <param name="DurableAheadMicroseconds">
/// How much further than it was asked a supporter makes a promise durable, so that not every heartbeat costs a flush.
/// Only who restarts is bound by it: it must wait so much longer before it helps to replace a leader that died as well.
/// </param>
public sealed record LivenessOptions(
    long HeartbeatMicroseconds = 80_000, long SupportMicroseconds = 400_000, long DurableAheadMicroseconds = 1_000_000);
