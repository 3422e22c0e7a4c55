using Banyan.Primitives;

namespace Banyan.Sync.Peers;

/// <summary>What has come to one client from each other peer: every reliable message once, and in the order of its sender.</summary>
public sealed class Arrivals
{
    private readonly SortedDictionary<int, State> _from = [];

    // Accepted: to be brought. Delivered: sent to the client. Heard: the client has said so. GivenUp: will never be brought.
    private record struct State(uint Accepted, uint Delivered, uint Heard, uint GivenUp);

    /// <summary>Whom something has come from.</summary>
    public IReadOnlyCollection<int> Sources => _from.Keys;

    /// <summary>Whether a message is to be taken now. If it is, it counts as accepted.</summary>
    public Arrival Take(RpcCall call)
    {
        if (call.Number == 0) return Arrival.New;
        State state = _from.GetValueOrDefault(call.From);
        if (call.Number <= state.Accepted) return Arrival.Again;
        if (call.Previous > state.Accepted && !Mutation.Is("overtake-a-lost-message")) return Arrival.Early;
        _from[call.From] = state with { Accepted = call.Number };
        return Arrival.New;
    }

    /// <summary>A message is on its way to the client.</summary>
    public void OnDelivered(int from, uint number)
    {
        if (number != 0) _from[from] = _from.GetValueOrDefault(from) with { Delivered = number };
    }

    /// <summary>The client has all of a peer's messages through a number; false if that is nothing new.</summary>
    public bool OnHeard(int from, uint through)
    {
        State state = _from.GetValueOrDefault(from);
        if (through <= state.Heard || through > state.Accepted) return false;
        _from[from] = Settle(state with { Heard = through });
        return true;
    }

    /// <summary>A message will never be brought; false if the client has yet to hear of one that was brought before it.</summary>
    public bool OnGivenUp(int from, uint number)
    {
        State state = _from.GetValueOrDefault(from);
        State settled = Settle(state with { GivenUp = Math.Max(state.GivenUp, number) });
        _from[from] = settled;
        return settled.Heard > state.Heard;
    }

    /// <summary>As the client tells it when it comes from another gateway.</summary>
    public void TakeOver(int from, uint heard) => _from[from] = new(heard, heard, heard, 0);

    /// <summary>Through which number of a peer nothing is to be waited for any more.</summary>
    public uint HeardFrom(int from) => _from.GetValueOrDefault(from).Heard;

    /// <summary>The peer has gone.</summary>
    public void Forget(int from) => _from.Remove(from);

    // What was given up counts as heard only after all that was brought before it: its sender keeps those until then.
    private static State Settle(State state) => state.Heard >= state.Delivered ? state with { Heard = Math.Max(state.Heard, state.GivenUp) } : state;
}

/// <summary>What a message is to its receiver.</summary>
public enum Arrival
{
    /// <summary>To be taken.</summary>
    New,

    /// <summary>Taken already.</summary>
    Again,

    /// <summary>Before one that was lost on the way: both will come again.</summary>
    Early,
}
