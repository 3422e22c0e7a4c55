using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Banyan.Server.Peers;

/// <summary>How sockets between servers are set up, and how greetings go over them.</summary>
internal static class PeerSocket
{
    private const int LinuxTcp = 6;
    private const int LinuxTcpUserTimeout = 18;

    /// <summary>Sets what both ends of a connection have in common.</summary>
    public static void SetUp(Socket socket, PeerTransportOptions options)
    {
        socket.NoDelay = true;
        if (options.SendBufferBytes is { } sendBytes) socket.SendBufferSize = sendBytes;
        if (options.ReceiveBufferBytes is { } receiveBytes) socket.ReceiveBufferSize = receiveBytes;
        if (!OperatingSystem.IsLinux()) return;
        Span<byte> milliseconds = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(milliseconds, (int)options.UnacknowledgedTimeout.TotalMilliseconds);
        try
        {
            socket.SetRawSocketOption(LinuxTcp, LinuxTcpUserTimeout, milliseconds);
        }
        catch (SocketException)
        {
            // Some sandboxes do not know the option; then the kernel's own, longer time-out holds.
        }
    }

    /// <summary>A socket for dialling.</summary>
    public static Socket ForDialling(EndPoint address, PeerTransportOptions options)
    {
        // A name may resolve to either family; the socket without a family takes both.
        Socket socket = address is IPEndPoint ip
            ? new(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            : new(SocketType.Stream, ProtocolType.Tcp);
        SetUp(socket, options);
        return socket;
    }

    /// <summary>Reads one greeting and not a byte more. Null if the stream ends or what comes is none.</summary>
    public static async ValueTask<PeerGreeting?> ReceiveGreetingAsync(Socket socket, CancellationToken stop)
    {
        byte[] header = new byte[PeerGreeting.HeaderBytes];
        if (!await FillAsync(socket, header, stop).ConfigureAwait(false)) return null;
        if (!PeerGreeting.TryReadHeader(header, out int bodyBytes)) return null;
        byte[] body = new byte[bodyBytes];
        if (!await FillAsync(socket, body, stop).ConfigureAwait(false)) return null;
        return PeerGreeting.TryRead(header, body, out PeerGreeting greeting) ? greeting : null;
    }

    /// <summary>The same on the calling thread. False and the reason if there is none in time.</summary>
    /// <remarks>A socket that never saw an asynchronous call stays in the kernel's blocking mode, where a read is one call.</remarks>
    public static bool TryReceiveGreeting(Socket socket, TimeSpan timeout, out PeerGreeting greeting, out string reason)
    {
        greeting = default;
        long deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        Span<byte> bytes = stackalloc byte[PeerGreeting.HeaderBytes + PeerGreeting.BodyBytesMax];
        Span<byte> header = bytes[..PeerGreeting.HeaderBytes];
        if (!TryFill(socket, header, deadline, out reason)) return false;
        if (!PeerGreeting.TryReadHeader(header, out int bodyBytes))
        {
            reason = "what came first is no greeting of a Banyan server";
            return false;
        }

        Span<byte> body = bytes.Slice(PeerGreeting.HeaderBytes, bodyBytes);
        if (!TryFill(socket, body, deadline, out reason)) return false;
        if (PeerGreeting.TryRead(header, body, out greeting)) return true;
        reason = "the greeting is damaged";
        return false;
    }

    /// <summary>Sends a few bytes on the calling thread. False if the connection is gone.</summary>
    public static bool TrySendAll(Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int sent = socket.Send(bytes, SocketFlags.None, out SocketError error);
            if (error != SocketError.Success) return false;
            bytes = bytes[sent..];
        }

        return true;
    }

    /// <summary>Wakes whoever waits for this socket; it may be closed already.</summary>
    public static void Abort(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Nobody waits on a socket that is not connected.
        }
    }

    /// <summary>An error in words.</summary>
    public static string Describe(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "nobody listens there",
        SocketError.ConnectionReset => "the connection was reset",
        SocketError.ConnectionAborted => "the connection was aborted",
        SocketError.Shutdown => "the connection was shut down",
        SocketError.TimedOut => "the peer did not acknowledge in time",
        SocketError.HostNotFound => "the peer's name is not known",
        _ => $"socket error {error}",
    };

    private static async ValueTask<bool> FillAsync(Socket socket, Memory<byte> to, CancellationToken stop)
    {
        while (!to.IsEmpty)
        {
            int received = await socket.ReceiveAsync(to, SocketFlags.None, stop).ConfigureAwait(false);
            if (received == 0) return false;
            to = to[received..];
        }

        return true;
    }

    private static bool TryFill(Socket socket, Span<byte> to, long deadline, out string reason)
    {
        reason = "";
        while (!to.IsEmpty)
        {
            long left = deadline - Environment.TickCount64;
            SocketError error = SocketError.TimedOut;
            int received = 0;
            if (left > 0)
            {
                socket.ReceiveTimeout = (int)left;
                received = socket.Receive(to, SocketFlags.None, out error);
            }

            if (error != SocketError.Success)
            {
                reason = error == SocketError.TimedOut ? "the greeting did not come in time" : Describe(error);
                return false;
            }

            if (received == 0)
            {
                reason = "the connection ended within the greeting";
                return false;
            }

            to = to[received..];
        }

        return true;
    }
}
