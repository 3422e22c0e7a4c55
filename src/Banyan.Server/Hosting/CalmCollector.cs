namespace Banyan.Server.Hosting;

/// <summary>
/// Gives memory back to the system once after a storm: a large import leaves as much garbage as world behind, and
/// nothing in the calm that follows would make the collector look at it.
/// </summary>
/// <remarks>
/// It stops all threads, for half a millisecond or so a MB in use. That is why it waits until nothing is written and nobody plays, and why it leaves a
/// heap alone that would take longer than servers can go without each other's heartbeats.
/// </remarks>
internal sealed class CalmCollector
{
    private const long AllocatedMin = 64 << 20;
    private const long HeapMax = 200 << 20;
    private const int CalmMilliseconds = 2_000;

    private long _allocatedBefore;
    private long _calmSince;

    /// <summary>On the loop, now and then.</summary>
    public void Tick(bool isCalm)
    {
        long now = Environment.TickCount64;
        if (!isCalm)
        {
            _calmSince = 0;
            return;
        }

        if (_calmSince == 0) _calmSince = now;
        if (now - _calmSince < CalmMilliseconds) return;
        long allocated = GC.GetTotalAllocatedBytes();
        if (allocated - _allocatedBefore < AllocatedMin) return;
        _allocatedBefore = allocated;
        if (GC.GetTotalMemory(forceFullCollection: false) > HeapMax) GC.Collect(2, GCCollectionMode.Forced, blocking: false);
        else GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
