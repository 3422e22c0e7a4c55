using Banyan.Primitives;

namespace Banyan.Sync.Peers;

/// <summary>
/// Numbers the states that clients are told. The number follows the clock, so that what a client hears from another gateway
/// is newer than what it heard from the last; it wraps every nine minutes.
/// </summary>
/// <remarks>
/// HAZARD: a client takes a smaller number for an old one unless it lies half a round back, so a synchronizer that has been
/// silent for half of that could be told nothing for the other half. Each is told again within <see cref="SilenceMax"/>.
/// </remarks>
public sealed class StateClock
{
    /// <summary>Microseconds after which a state is told again, changed or not.</summary>
    public const long SilenceMax = 120_000_000;

    private const int StepBits = 13; // microseconds: 8.192 ms

    /// <summary>Of states that are told now.</summary>
    public ushort Sequence { get; private set; }

    /// <summary>Goes on, by one at least: what is told twice in one step would be dropped.</summary>
    public void Advance(Timestamp now)
    {
        var sequence = (ushort)(now.Microseconds >> StepBits);
        Sequence = sequence == Sequence ? (ushort)(sequence + 1) : sequence;
    }
}
