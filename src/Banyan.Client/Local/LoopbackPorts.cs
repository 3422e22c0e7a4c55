using System.Net;
using System.Net.Sockets;

namespace Banyan.Client.Local;

/// <summary>Ports of this machine for servers that are about to start.</summary>
public static class LoopbackPorts
{
    // Below those that systems give to connections that go out: one of these would take a server's port while it is down.
    private const int First = 10_240;
    private const int Count = 32_768 - First;
    private static int _last = Random.Shared.Next(Count);

    /// <summary>TCP ports that nobody listens on, each another. Until they are used another program may take them.</summary>
    /// <exception cref="IOException">There are not so many.</exception>
    public static int[] Free(int count)
    {
        // All are held at once, so that no port comes twice.
        var held = new List<TcpListener>();
        try
        {
            for (int tries = 0; held.Count < count; tries++)
            {
                if (tries == Count) throw new IOException($"there are no {count} free ports from {First} to {First + Count - 1}");
                var listener = new TcpListener(IPAddress.Loopback, First + (int)((uint)Interlocked.Increment(ref _last) % Count));
                if (TryStart(listener)) held.Add(listener);
                else listener.Dispose();
            }

            return [.. held.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (TcpListener listener in held) listener.Dispose();
        }
    }

    private static bool TryStart(TcpListener listener)
    {
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
