using System.Net;
using System.Net.Sockets;
using Banyan.Primitives;

namespace Banyan.Server.Peers;

/// <summary>One attempt to reach a peer: connect, say hello, hear the answer.</summary>
internal static class PeerDial
{
    /// <summary>An open, non-blocking connection that may carry frames; or null and why there is none.</summary>
    public static async Task<(Socket? Socket, string Reason)> TryAsync(
        ServerId self, ServerId peer, EndPoint address, PeerTransportOptions options, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(options.HandshakeTimeout);
        Socket? socket = null;
        string? reason;
        try
        {
            socket = PeerSocket.ForDialling(address, options);
            await socket.ConnectAsync(address, limit.Token).ConfigureAwait(false);
            byte[] hello = PeerGreeting.Hello(self, peer, options.Cluster).Encode();
            await socket.SendAsync(hello, SocketFlags.None, limit.Token).ConfigureAwait(false);
            PeerGreeting? answer = await PeerSocket.ReceiveGreetingAsync(socket, limit.Token).ConfigureAwait(false);
            reason = Objection(answer, self, peer, options.Cluster);
            if (reason is null)
            {
                socket.Blocking = false;
                return (socket, "");
            }
        }
        catch (OperationCanceledException)
        {
            reason = stop.IsCancellationRequested ? "this server stopped" : "no answer in time";
        }
        catch (SocketException e)
        {
            reason = PeerSocket.Describe(e.SocketErrorCode);
        }

        socket?.Dispose();
        return (null, reason);
    }

    private static string? Objection(PeerGreeting? answer, ServerId self, ServerId peer, string cluster)
    {
        if (answer is not { } greeting) return "the answer is no greeting of a Banyan server";
        if (greeting.Refusal is not null) return "refused there: " + greeting.Refusal;
        return greeting.Objection(self, cluster)
            ?? (greeting.Self == peer ? null : $"{peer} was looked for, that is {greeting.Self}");
    }
}
