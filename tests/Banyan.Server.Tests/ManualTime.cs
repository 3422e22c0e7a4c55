namespace Banyan.Server.Tests;

/// <summary>A clock that moves only when told.</summary>
internal sealed class ManualTime(DateTimeOffset start = default) : TimeProvider
{
    private TimeSpan _elapsed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    // Not 0, which could be taken for a moment that was never noted.
    public override long GetTimestamp() => 1 + _elapsed.Ticks;

    public override DateTimeOffset GetUtcNow() => start + _elapsed;

    public void Advance(TimeSpan time) => _elapsed += time;
}
