using System.Net;
using System.Net.Sockets;
using System.Text;
using Banyan.Primitives;

namespace Banyan.Server.Peers;

/// <summary>Messages between the servers of a cluster, over TCP. Thread-safe.</summary>
/// <remarks>
/// Each server dials each other one: a connection carries messages one way. Delivery is at most once, and in the order
/// of sending except around long messages; what cannot go out is dropped and counted, because the protocols above
/// repeat what matters and a sender must never wait.
/// </remarks>
public sealed class PeerTransport : IAsyncDisposable
{
    private readonly ServerId _self;
    private readonly PeerTransportOptions _options;
    private readonly IPeerInbox _inbox;
    private readonly PeerListener _listener;
    private readonly Lock _membership = new();

    // In the order of the peers' ids; replaced as a whole, so that senders read it without a lock.
    private volatile PeerLink[] _links = [];
    private long _unaddressed;

    /// <summary>Binds the port. <see cref="Start"/> begins to accept, <see cref="SetPeer"/> begins to dial.</summary>
    /// <exception cref="SocketException">The address cannot be listened on.</exception>
    public PeerTransport(ServerId self, PeerTransportOptions options, IPeerInbox inbox)
    {
        Invariant.Holds(!self.IsNone);
        Invariant.Holds(Encoding.UTF8.GetByteCount(options.Cluster) <= PeerGreeting.ClusterBytesMax);
        (_self, _options, _inbox) = (self, options, inbox);
        _listener = new(self, options, inbox, OnAttached);
    }

    /// <summary>Where it listens, with the port that was really taken.</summary>
    public IPEndPoint EndPoint => _listener.EndPoint;

    /// <summary>Begins to accept; once.</summary>
    public void Start() => _listener.Start();

    /// <summary>Says where a peer is found, and begins to dial it; the connection moves if there is one to another address.</summary>
    public void SetPeer(ServerId peer, EndPoint address)
    {
        Invariant.Holds(!peer.IsNone && peer != _self);
        lock (_membership)
        {
            if (Find(peer) is { } known)
            {
                known.MoveTo(address);
                return;
            }

            List<PeerLink> links = [.. _links, new(_self, peer, address, _options, _inbox)];
            links.Sort(static (a, b) => a.Peer.CompareTo(b.Peer));
            _links = [.. links];
        }
    }

    /// <summary>Stops dialling a peer and forgets what waits for it. It may still dial this server.</summary>
    public async ValueTask RemovePeerAsync(ServerId peer)
    {
        PeerLink? link;
        lock (_membership)
        {
            link = Find(peer);
            _links = [.. _links.Where(other => other != link)];
        }

        if (link is not null) await link.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Sends a message at once if nothing waits before it; never blocks. The bytes are copied.</summary>
    public void Send(ServerId to, ReadOnlySpan<byte> message) => Send(to, message, flush: true);

    /// <summary>Keeps a message until <see cref="Flush"/> or <see cref="Send(ServerId, ReadOnlySpan{byte})"/>, so that many go out in one call.</summary>
    public void Enqueue(ServerId to, ReadOnlySpan<byte> message) => Send(to, message, flush: false);

    /// <summary>Sends what <see cref="Enqueue"/> has kept.</summary>
    public void Flush()
    {
        foreach (PeerLink link in _links) link.Flush();
    }

    /// <summary>Counters, and who is connected.</summary>
    public PeerTransportStatus Status() =>
        _listener.Status(_links.Select(static link => link.Status()), Interlocked.Read(ref _unaddressed));

    /// <summary>Closes everything. Waits for calls of the inbox: one that blocks must let go.</summary>
    public async ValueTask DisposeAsync()
    {
        PeerLink[] links;
        lock (_membership) (links, _links) = (_links, []);
        await Task.WhenAll(links.Select(static link => link.DisposeAsync().AsTask())).ConfigureAwait(false);
        await _listener.DisposeAsync().ConfigureAwait(false);
    }

    private void Send(ServerId to, ReadOnlySpan<byte> message, bool flush)
    {
        if (Find(to) is { } link) link.Send(message, flush);
        else Interlocked.Increment(ref _unaddressed);
    }

    // A cluster has few servers: looking at each beats a table.
    private PeerLink? Find(ServerId peer)
    {
        foreach (PeerLink link in _links)
        {
            if (link.Peer == peer) return link;
        }

        return null;
    }

    // Who dials in is up: a pause in our own dialling is pointless now.
    private void OnAttached(ServerId peer) => Find(peer)?.DialNow();
}
