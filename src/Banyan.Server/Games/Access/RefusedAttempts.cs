using System.Net;

namespace Banyan.Server.Games.Access;

/// <summary>Attempts that were refused, by address, within a minute from the first of them.</summary>
internal sealed class RefusedAttempts(TimeProvider time)
{
    /// <summary>How many are answered with their reason.</summary>
    public const int AttemptsMax = 20;

    /// <summary>Within which time.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private const int AddressesMax = 10_000;
    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, (long Since, int Count)> _attempts = [];

    /// <summary>Counts one more; whether it was one too many.</summary>
    public bool IsTooMany(IPAddress address)
    {
        long now = time.GetTimestamp();
        lock (_gate)
        {
            if (!_attempts.TryGetValue(address, out (long Since, int Count) attempts) || time.GetElapsedTime(attempts.Since, now) >= Window)
            {
                if (_attempts.Count >= AddressesMax) MakeRoom(now);
                attempts = (now, 0);
            }

            // Above the limit there is nothing to count.
            attempts.Count = Math.Min(attempts.Count + 1, AttemptsMax + 1);
            _attempts[address] = attempts;
            return attempts.Count > AttemptsMax;
        }
    }

    // Whoever has so many addresses is not slowed down by counting them: rather forget than grow.
    private void MakeRoom(long now)
    {
        foreach ((IPAddress address, (long since, _)) in _attempts.ToList())
        {
            if (time.GetElapsedTime(since, now) >= Window) _attempts.Remove(address);
        }

        if (_attempts.Count >= AddressesMax) _attempts.Clear();
    }
}
