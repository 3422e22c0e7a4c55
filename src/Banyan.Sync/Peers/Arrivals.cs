namespace Banyan.Sync.Peers;

/// <summary>What has come to one client from each other peer: every reliable message once, and in the order of its sender.</summary>
public sealed class Arrivals
{
    private readonly SortedDictionary<int, (uint Accepted, uint Heard)> _from = [];

    /// <summary>Whether a message is to be taken now. If it is, it counts as accepted.</summary>
    public Arrival Take(RpcCall call)
    {
        if (call.Number == 0) return Arrival.New;
        (uint accepted, uint heard) = _from.GetValueOrDefault(call.From);
        if (call.Number <= accepted) return Arrival.Again;
        if (call.Previous > accepted) return Arrival.Early;
        _from[call.From] = (call.Number, heard);
        return Arrival.New;
    }

    /// <summary>The client has all of a peer's messages through a number; false if that is nothing new.</summary>
    public bool OnHeard(int from, uint through)
    {
        (uint accepted, uint heard) = _from.GetValueOrDefault(from);
        if (through <= heard || through > accepted) return false;
        _from[from] = (accepted, through);
        return true;
    }

    /// <summary>As the client tells it when it comes from another gateway.</summary>
    public void TakeOver(int from, uint heard) => _from[from] = (heard, heard);

    /// <summary>Through which number of a peer the client has everything.</summary>
    public uint HeardFrom(int from) => _from.GetValueOrDefault(from).Heard;

    /// <summary>The peer has gone.</summary>
    public void Forget(int from) => _from.Remove(from);
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
