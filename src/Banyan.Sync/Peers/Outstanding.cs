using Banyan.Primitives;

namespace Banyan.Sync.Peers;

/// <summary>
/// What one client has sent reliably and what is still to become of it: transactions that are not made, messages that have
/// not arrived. Kept by its gateway while it lives; a client that can resume keeps the packets themselves until then.
/// </summary>
public sealed class Outstanding
{
    /// <summary>Messages for one receiver that are kept for sending again.</summary>
    public const int CallsMax = 2_048;

    /// <summary>How long an answer may take before messages are sent again.</summary>
    public const long AgainMicroseconds = 1_000_000;

    private const int AgainAtOnceMax = 64;
    private readonly SortedDictionary<uint, int> _holds = [];
    private readonly SortedDictionary<int, Receiver> _receivers = [];
    private uint _told;

    private sealed class Receiver
    {
        public LinkedList<RpcCall> Calls { get; } = [];

        public uint Last { get; set; }

        public Timestamp SentAt { get; set; }
    }

    /// <summary>The last packet that has come.</summary>
    public uint Begun { get; private set; }

    /// <summary>Packets that are not done.</summary>
    public int HoldsCount => _holds.Count;

    /// <summary>Whom something was sent to.</summary>
    public IReadOnlyCollection<int> Receivers => _receivers.Keys;

    /// <summary>A packet has come. False if it was here before; a gap counts as a bug of the client and is false with <paramref name="isGap"/>.</summary>
    public bool TryBegin(uint number, out bool isGap)
    {
        // After a resume the client goes on with the first that is not done, whatever its number.
        isGap = Begun != 0 && number > Begun + 1;
        if (isGap || number <= Begun) return false;
        if (Begun == 0) _told = number - 1;
        Begun = number;
        return true;
    }

    /// <summary>Something of a packet is under way.</summary>
    public void Hold(uint number)
    {
        if (number != 0) _holds[number] = _holds.GetValueOrDefault(number) + 1;
    }

    /// <summary>It is done.</summary>
    public void Release(uint number)
    {
        if (number == 0) return;
        if (_holds[number] == 1) _holds.Remove(number);
        else _holds[number]--;
    }

    /// <summary>Notes a message that is sent now.</summary>
    /// <returns>The message, with its place among those for the same receiver.</returns>
    public RpcCall Send(RpcCall call, Timestamp now)
    {
        if (call.Number == 0 || Mutation.Is("confirm-a-message-on-send")) return call;
        if (!_receivers.TryGetValue(call.To, out Receiver? receiver)) _receivers.Add(call.To, receiver = new());
        if (receiver.Calls.Count >= CallsMax) OnGone(call.To);
        if (receiver.Calls.Count == 0) receiver.SentAt = now;
        RpcCall sent = call with { Previous = receiver.Calls.Count == 0 ? 0 : receiver.Last };
        receiver.Last = call.Number;
        receiver.Calls.AddLast(sent);
        _receivers[call.To] = receiver;
        Hold(call.Number);
        return sent;
    }

    /// <summary>A receiver has all messages through a number.</summary>
    public void OnArrived(int to, uint through)
    {
        if (!_receivers.TryGetValue(to, out Receiver? receiver)) return;
        while (receiver.Calls.First is { } first && first.Value.Number <= through)
        {
            receiver.Calls.RemoveFirst();
            Release(first.Value.Number);
        }
    }

    /// <summary>A receiver has gone, or has so much to receive that the rest is given up.</summary>
    public void OnGone(int to)
    {
        if (!_receivers.Remove(to, out Receiver? receiver)) return;
        foreach (RpcCall call in receiver.Calls) Release(call.Number);
        receiver.Calls.Clear();
        receiver.Last = 0;
    }

    /// <summary>Messages for a receiver who is somewhere else now.</summary>
    public IEnumerable<RpcCall> Again(int to, Timestamp now)
    {
        if (!_receivers.TryGetValue(to, out Receiver? receiver)) return [];
        receiver.SentAt = now;
        // Before the first there is nothing to wait for, whoever is asked now.
        return receiver.Calls.Take(AgainAtOnceMax).Select((call, i) => i == 0 ? call with { Previous = 0 } : call);
    }

    /// <summary>Messages that have not been answered for too long: the oldest of each receiver, in order.</summary>
    public IEnumerable<RpcCall> Overdue(Timestamp now)
    {
        foreach ((int to, Receiver receiver) in _receivers)
        {
            if (receiver.Calls.Count == 0 || receiver.SentAt.Add(AgainMicroseconds) > now) continue;
            foreach (RpcCall call in Again(to, now)) yield return call;
        }
    }

    /// <summary>Through which packet everything is done, if that is news.</summary>
    public bool TryTakeDone(out uint through)
    {
        through = _holds.Count == 0 ? Begun : _holds.First().Key - 1;
        if (through <= _told) return false;
        _told = through;
        return true;
    }
}
