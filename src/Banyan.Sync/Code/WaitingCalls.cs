using Banyan.Primitives;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Code;

/// <summary>Calls of peers for the game's code, until it takes them; those of one peer stay in their order.</summary>
internal sealed class WaitingCalls(CodeLimits limits)
{
    private readonly SortedDictionary<int, int> _counts = []; // by caller
    private List<Held> _held = []; // in the order in which they came

    private readonly record struct Held(RpcCall Call, bool IsForwarded, Timestamp Deadline);

    public int Count => _held.Count;

    /// <summary>Takes a call; false if too many wait.</summary>
    public bool TryAdd(RpcCall call, bool isForwarded, Timestamp now)
    {
        int before = _counts.GetValueOrDefault(call.From);
        if (_held.Count >= limits.CallsMax || before >= limits.CallsOfOneMax) return false;
        _counts[call.From] = before + 1;
        _held.Add(new(call, isForwarded, now.Add(limits.CallMicroseconds)));
        return true;
    }

    /// <summary>Forgets those that come again by themselves.</summary>
    public void DropNumbered()
    {
        _held.RemoveAll(held => held.Call.Number != 0);
        _counts.Clear();
        foreach (Held held in _held) _counts[held.Call.From] = _counts.GetValueOrDefault(held.Call.From) + 1;
    }

    /// <summary>
    /// Offers each call, the oldest first. What is not taken stays, and with it all later ones of the same peer; what has
    /// waited too long does not stay.
    /// </summary>
    /// <param name="now">By the clock that <see cref="TryAdd"/> was given.</param>
    /// <param name="take">Takes a call, or says no. Its second argument is whether another server has sent it here.</param>
    /// <returns>Those that have waited too long.</returns>
    public List<RpcCall> Offer(Timestamp now, Func<RpcCall, bool, bool> take)
    {
        if (_held.Count == 0) return [];
        List<Held> offered = _held;
        _held = [];
        _counts.Clear();
        var late = new List<RpcCall>();
        var blocked = new SortedSet<int>();
        foreach (Held held in offered)
        {
            bool isTaken = !blocked.Contains(held.Call.From) && take(held.Call, held.IsForwarded);
            if (isTaken) continue;
            if (held.Deadline <= now)
            {
                late.Add(held.Call);
                continue;
            }

            blocked.Add(held.Call.From);
            _counts[held.Call.From] = _counts.GetValueOrDefault(held.Call.From) + 1;
            _held.Add(held);
        }

        return late;
    }
}
