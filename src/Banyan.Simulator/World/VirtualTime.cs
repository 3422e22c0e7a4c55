namespace Banyan.Simulator.World;

/// <summary>The only clock of a simulation, and everything that will happen, in order.</summary>
/// <remarks>What is due at the same microsecond happens in the order in which it was planned, so that a run is the same every time.</remarks>
public sealed class VirtualTime
{
    private readonly PriorityQueue<Action, (long At, long Order)> _planned = new();
    private long _order;

    /// <summary>Microseconds since the beginning.</summary>
    public long Now { get; private set; }

    /// <summary>Events so far.</summary>
    public long Events { get; private set; }

    /// <summary>Plans an event.</summary>
    public void After(long microseconds, Action happens) => _planned.Enqueue(happens, (Now + Math.Max(0, microseconds), _order++));

    /// <summary>Lets the next event happen; false if there is none.</summary>
    public bool Step()
    {
        if (!_planned.TryDequeue(out Action? happens, out (long At, long Order) when)) return false;
        Now = when.At;
        Events++;
        happens();
        return true;
    }

    /// <summary>Lets everything happen up to a time.</summary>
    public void RunUntil(long time)
    {
        while (_planned.TryPeek(out _, out (long At, long Order) next) && next.At <= time) Step();
        Now = Math.Max(Now, time);
    }
}
