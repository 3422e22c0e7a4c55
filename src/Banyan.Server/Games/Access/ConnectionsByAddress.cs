using System.Net;

namespace Banyan.Server.Games.Access;

/// <summary>Connections at the moment, by address.</summary>
/// <param name="connectionsMax">Of one address; 0 for any number.</param>
internal sealed class ConnectionsByAddress(int connectionsMax)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _connections = [];

    /// <summary>Takes a place; false if the address has all of its own.</summary>
    public bool TryAdd(IPAddress address)
    {
        lock (_gate)
        {
            int count = _connections.GetValueOrDefault(address);
            if (connectionsMax > 0 && count >= connectionsMax) return false;
            _connections[address] = count + 1;
            return true;
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Remove(IPAddress address)
    {
        lock (_gate)
        {
            int count = _connections[address] - 1;
            if (count == 0) _connections.Remove(address);
            else _connections[address] = count;
        }
    }
}
