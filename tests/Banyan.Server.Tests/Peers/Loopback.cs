using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Banyan.Primitives;
using Banyan.Server.Peers;

namespace Banyan.Server.Tests.Peers;

/// <summary>Servers on the loopback interface, and callers that are none.</summary>
internal static class Loopback
{
    public const string Cluster = "test";

    public static readonly ServerId S1 = new(1);
    public static readonly ServerId S2 = new(2);

    public static PeerTransportOptions Options(int port = 0) => new()
    {
        Listen = new(IPAddress.Loopback, port),
        Cluster = Cluster,
        BackOffMin = TimeSpan.FromMilliseconds(1),
        BackOffMax = TimeSpan.FromMilliseconds(20),
    };

    public static PeerTransport Start(ServerId self, IPeerInbox inbox, PeerTransportOptions? options = null)
    {
        var transport = new PeerTransport(self, options ?? Options(), inbox);
        transport.Start();
        return transport;
    }

    /// <summary>Tells the first server where the second is, and waits until it has reached it.</summary>
    public static async Task ReachAsync(this PeerTransport one, PeerTransport two, RecordingInbox inboxOfOne)
    {
        one.SetPeer(S2, two.EndPoint);
        await inboxOfOne.BecomesAsync(S2, true);
    }

    /// <summary>A message with a number in it.</summary>
    public static byte[] Numbered(int number, int length = 4)
    {
        byte[] message = new byte[length];
        BinaryPrimitives.WriteInt32LittleEndian(message, number);
        return message;
    }

    public static int NumberOf(byte[] message) => BinaryPrimitives.ReadInt32LittleEndian(message);

    public static PeerStatus Peer(this PeerTransport transport, ServerId peer) =>
        transport.Status().Peers.Single(status => status.Peer == peer);

    /// <summary>Waits until the transport has refused somebody, and gives the reason.</summary>
    public static async Task<string> RefusalAsync(this PeerTransport transport, long count = 1)
    {
        await Patience.UntilAsync(() => transport.Status().Refused >= count, "nobody was refused");
        return transport.Status().LastRefusal!;
    }

    /// <summary>A plain socket, connected to the transport's port.</summary>
    public static async Task<Socket> CallAsync(this PeerTransport transport)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(transport.EndPoint, TestContext.Current.CancellationToken);
        return socket;
    }

    /// <summary>A plain socket that has got through the handshake.</summary>
    public static async Task<Socket> CallAsync(this PeerTransport transport, ServerId self, ServerId other)
    {
        Socket socket = await transport.CallAsync();
        await socket.SayAsync(PeerGreeting.Hello(self, other, Cluster).Encode());
        PeerGreeting? answer = await socket.HearAsync();
        Assert.Equal(other, answer?.Self);
        return socket;
    }

    public static async Task SayAsync(this Socket socket, ReadOnlyMemory<byte> bytes) =>
        await socket.SendAsync(bytes, SocketFlags.None, TestContext.Current.CancellationToken);

    public static async Task<PeerGreeting?> HearAsync(this Socket socket) =>
        await PeerSocket.ReceiveGreetingAsync(socket, TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience.Long);

    /// <summary>Waits until the other side has closed.</summary>
    public static async Task HearEndAsync(this Socket socket)
    {
        try
        {
            byte[] rest = new byte[256];
            while (await socket.ReceiveAsync(rest, SocketFlags.None, TestContext.Current.CancellationToken)
                .AsTask().WaitAsync(Patience.Long) > 0)
            {
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Closed with bytes unread.
        }
    }

    public static byte[] Frame(PeerFrameKind kind, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[PeerFrame.HeaderBytes + payload.Length];
        PeerFrame.Write(frame, kind, payload);
        return frame;
    }
}
