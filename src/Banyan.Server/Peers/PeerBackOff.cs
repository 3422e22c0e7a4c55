using Banyan.Primitives;

namespace Banyan.Server.Peers;

/// <summary>How long to wait before the next attempt to connect: doubling up to a bound, each pause shortened at random.</summary>
/// <remarks>The random part keeps servers that lost the same peer from dialling it in step.</remarks>
internal sealed class PeerBackOff(TimeSpan first, TimeSpan longest, ulong seed)
{
    private readonly SeededRandom _random = new(seed);
    private TimeSpan? _next;

    /// <summary>The pause after one more failure: between a half and the whole of what the doubling gives.</summary>
    public TimeSpan Next()
    {
        TimeSpan whole = _next ?? first;
        if (whole > longest) whole = longest;
        _next = whole * 2;
        return TimeSpan.FromTicks(whole.Ticks - _random.NextInRange(0, whole.Ticks / 2));
    }

    /// <summary>An attempt went well: the next pause is the first again.</summary>
    public void Reset() => _next = null;
}
