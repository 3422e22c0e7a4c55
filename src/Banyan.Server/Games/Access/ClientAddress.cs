using System.Net;
using System.Net.Sockets;

namespace Banyan.Server.Games.Access;

/// <summary>What counts as one address: of IPv6 the network of 64 bits, since whoever has one address has all in it.</summary>
internal static class ClientAddress
{
    public static IPAddress Of(IPAddress? remote)
    {
        if (remote is null) return IPAddress.None;
        if (remote.IsIPv4MappedToIPv6) return remote.MapToIPv4();
        if (remote.AddressFamily != AddressFamily.InterNetworkV6) return remote;
        byte[] bytes = remote.GetAddressBytes();
        Array.Clear(bytes, 8, 8);
        return new(bytes);
    }
}
