using System.Collections.Concurrent;
using Banyan.Kv.Store;
using Banyan.Primitives;

namespace Banyan.Server.Hosting;

/// <summary>What any thread tells the store's loop: messages of peers, and work to be done on the loop.</summary>
/// <remarks>The loop is woken only when it sleeps, so a busy loop costs its senders no system call.</remarks>
internal sealed class LoopInbox : IDisposable
{
    private readonly ConcurrentQueue<Event> _events = new();
    private readonly AutoResetEvent _wake = new(false);
    private int _asleep;

    internal readonly record struct Event(ServerId From, Timestamp SentAt, PeerMessage? Message, Action<Store>? Action);

    public int Count => _events.Count;

    public void Add(Event one) => _events.Enqueue(one);

    public void AddAndWake(Event one)
    {
        _events.Enqueue(one);
        Wake();
    }

    public void Wake()
    {
        // The queue is written before the flag is read, the flag before the queue is read: one of the two is seen.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _asleep) == 1 && Interlocked.Exchange(ref _asleep, 0) == 1) _wake.Set();
    }

    public bool TryTake(out Event one) => _events.TryDequeue(out one);

    /// <summary>Waits until there is something, or so many microseconds.</summary>
    public void Sleep(long microseconds)
    {
        Volatile.Write(ref _asleep, 1);
        Interlocked.MemoryBarrier();
        if (_events.IsEmpty) _wake.WaitOne((int)Math.Max(1, (microseconds + 999) / 1000));
        Volatile.Write(ref _asleep, 0);
    }

    public void Dispose() => _wake.Dispose();
}
