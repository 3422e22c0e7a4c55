namespace Banyan.Primitives;

/// <summary>The hybrid logical clock of one server. It never goes back, whatever the wall clock does.</summary>
/// <remarks>
/// The wall clock comes in through <see cref="OnWallClock"/>: a pure room has none of its own. Timestamps of other
/// servers come in through <see cref="TryObserve"/>, with every message, so that an effect is stamped after its cause.
/// </remarks>
public sealed class HybridClock(long maxOffsetMicroseconds)
{
    private Timestamp _last;
    private long _wallMicroseconds;

    /// <summary>How far two wall clocks of the cluster may be apart, in microseconds (ε).</summary>
    public long MaxOffsetMicroseconds { get; } = maxOffsetMicroseconds;

    /// <summary>The newest timestamp handed out or observed. Reading it does not move the clock.</summary>
    public Timestamp Last => _last;

    /// <summary>The wall clock as last told, microseconds since the Unix epoch.</summary>
    public long WallMicroseconds => _wallMicroseconds;

    /// <summary>Tells the wall clock. A step back is legal and leaves the hybrid clock where it is.</summary>
    public void OnWallClock(long microseconds)
    {
        _wallMicroseconds = microseconds;
    }

    /// <summary>What time it is, without handing out a timestamp: the later of the wall clock and <see cref="Last"/>.</summary>
    public Timestamp Reading => Timestamp.Max(_last, Timestamp.FromMicroseconds(_wallMicroseconds));

    /// <summary>A timestamp above all that this clock has handed out or observed.</summary>
    public Timestamp Now()
    {
        Timestamp wall = Timestamp.FromMicroseconds(_wallMicroseconds);
        Timestamp next = wall > _last ? wall : _last.Next;
        Invariant.Holds(next > _last);
        return _last = next;
    }

    /// <summary>
    /// Moves the clock past a timestamp of another server. False, and no move, if it is further ahead of the wall
    /// clock than two clocks of the cluster may be apart: the sender's clock, or ours, is wrong.
    /// </summary>
    public bool TryObserve(Timestamp remote)
    {
        if (remote.Microseconds - _wallMicroseconds > MaxOffsetMicroseconds) return false;
        if (remote > _last) _last = remote;
        return true;
    }

    /// <summary>Starts above a timestamp that an earlier life of this server had reached; used once, on restart.</summary>
    public void StartAbove(Timestamp floor) => _last = Timestamp.Max(_last, floor);
}
