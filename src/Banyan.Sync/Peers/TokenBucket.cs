using Banyan.Primitives;

namespace Banyan.Sync.Peers;

/// <summary>A token bucket: so much at once, and so much a second in the long run.</summary>
/// <remarks>Invariant: what was taken between any two times is at most the burst and the rate times what lies between.</remarks>
public sealed class TokenBucket
{
    // A token is cut into a million parts, so that every microsecond brings a whole number of them.
    private const long Part = 1_000_000;
    private readonly long _rate; // parts a microsecond, which are tokens a second
    private readonly long _full;
    private long _parts;
    private Timestamp _last;

    /// <summary>A full bucket.</summary>
    /// <param name="tokensPerSecond">What comes in; at least 1.</param>
    /// <param name="burst">What it holds, in tokens; at least 1, and so much that a million times as much is a number.</param>
    public TokenBucket(long tokensPerSecond, long burst)
    {
        Invariant.Holds(tokensPerSecond > 0 && burst is > 0 and < long.MaxValue / (2 * Part));
        _rate = tokensPerSecond;
        _full = burst * Part;
        _parts = _full;
    }

    /// <summary>Takes tokens, all or none; false if there are too few. A clock that goes back brings nothing.</summary>
    public bool TryTake(long tokens, Timestamp now)
    {
        Invariant.Holds(tokens >= 0);
        if (now > _last)
        {
            long microseconds = now.Microseconds - _last.Microseconds;
            // Compared before it is multiplied: after a long rest it would be no number.
            _parts = microseconds > (_full - _parts) / _rate ? _full : _parts + microseconds * _rate;
            _last = now;
        }

        if (tokens > _parts / Part) return false;
        _parts -= tokens * Part;
        return true;
    }
}
