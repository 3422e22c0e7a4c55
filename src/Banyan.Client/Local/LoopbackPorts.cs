using System.Net;
using System.Net.Sockets;

namespace Banyan.Client.Local;

/// <summary>Ports of this machine for servers that are about to start.</summary>
public static class LoopbackPorts
{
    /// <summary>TCP ports that nobody listens on, each another. Until they are used somebody else may take them.</summary>
    public static int[] Free(int count)
    {
        // All are held at once, so that no port comes twice.
        var held = new List<TcpListener>();
        try
        {
            for (int i = 0; i < count; i++)
            {
                var listener = new TcpListener(IPAddress.Loopback, 0);
                listener.Start();
                held.Add(listener);
            }

            return [.. held.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (TcpListener listener in held) listener.Dispose();
        }
    }
}
