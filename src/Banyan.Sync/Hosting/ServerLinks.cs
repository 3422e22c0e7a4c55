using Banyan.Kv.Store;
using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Hosting;

/// <summary>What the servers' Godot hosts tell each other: states, calls of one peer for another, and what has arrived.</summary>
internal sealed class ServerLinks
{
    private const int BatchBytesMax = 60_000;
    private const long AgainEveryMicroseconds = 250_000;
    private const string NotDelivered = "a call or message that did not find its receiver, or a node there";

    private readonly GameHost _host;
    private readonly Store _store;
    private readonly PeerHub _hub;
    private readonly StateRepeats _repeats;
    private readonly ByteWriter _states = new(4096); // for all other servers, since the last tick
    private readonly ByteWriter _writer = new(1024);
    private readonly SortedDictionary<(int Source, int To), uint> _arrived = []; // for other servers, since the last tick
    private Timestamp _nextAgain;
    private long _hiddenCounted;

    public ServerLinks(GameHost host, Store store, PeerHub hub)
    {
        _host = host;
        _store = store;
        _hub = hub;
        _repeats = new(hub);
        store.OnApplicationMessage = OnMessage;
    }

    /// <summary>Whether something waits for the next tick.</summary>
    public bool IsBusy => _states.Length > 0 || _arrived.Count > 0;

    /// <summary>Tells all servers of a state.</summary>
    public void Publish(NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> state)
    {
        if (_hub.Publish(synchronizer, authorityEpoch, state)) SendSoon(synchronizer, authorityEpoch, state);
    }

    /// <summary>A client of this server sends a call; it is kept until it has arrived.</summary>
    public void Send(HostedPeer sender, RpcCall call)
    {
        if (call.To != PeerSession.Cluster && !_host.Records.ContainsKey(call.To)) return;
        bool isForNobody = call.To == PeerSession.Cluster && !_host.Code.IsThere;
        Route(isForNobody ? call : sender.Outstanding.Send(call, Now));
    }

    /// <summary>Brings a call to the server of whom it is for.</summary>
    public void Route(RpcCall call)
    {
        if (call.To == PeerSession.Cluster)
        {
            _host.Code.OnCall(call);
            return;
        }

        if (!_host.Records.TryGetValue(call.To, out PeerRecord? record)) return;
        if (record.Server == _store.Self)
        {
            Deliver(call);
            return;
        }

        Send(record.Server, call);
    }

    /// <summary>Brings a call to a server.</summary>
    public void Send(ServerId server, RpcCall call)
    {
        _writer.Clear();
        HostMessage.WriteCall(_writer, call);
        _store.SendToApplication(server, _writer.ToArray());
    }

    /// <summary>A client of this server has all messages of a peer through a number.</summary>
    public void Arrived(int source, int to, uint through)
    {
        if (ServerOf(source) is not { IsNone: false } server) return;
        if (server != _store.Self) _arrived[(source, to)] = through;
        else OnArrived(source, to, through);
    }

    /// <summary>A peer is somewhere else now: what clients here have sent it and what has not arrived goes there.</summary>
    public void OnMoved(int peer)
    {
        foreach (HostedPeer sender in _host.Clients)
        {
            foreach (RpcCall call in sender.Outstanding.Again(peer, Now).ToList()) Route(call);
        }

        _host.Code.OnMoved(peer);
    }

    public void Tick()
    {
        if (_host.RunsCode && !Mutation.Is("tell-a-state-once") && _host.Code.Holder == _store.Self)
        {
            foreach (LiveState state in _repeats.Next(Now)) SendSoon(state.Synchronizer, state.AuthorityEpoch, state.Bytes);
        }

        SendStates();
        foreach (((int source, int to), uint through) in _arrived)
        {
            if (ServerOf(source) is not { IsNone: false } server) continue;
            if (server == _store.Self)
            {
                // It has come here since.
                OnArrived(source, to, through);
                continue;
            }

            _writer.Clear();
            HostMessage.WriteArrived(_writer, source, to, through);
            _store.SendToApplication(server, _writer.ToArray());
        }

        _arrived.Clear();
        for (int lost = _hub.Tick(Now); lost > 0; lost--) _host.Count(NotDelivered);
        for (; _hiddenCounted < _hub.HiddenCallsCount; _hiddenCounted++) _host.Count("a call about a node that its receiver may not see");
        if (Now < _nextAgain) return;
        _nextAgain = Now.Add(AgainEveryMicroseconds);
        foreach (HostedPeer sender in _host.Clients)
        {
            foreach (RpcCall call in sender.Outstanding.Overdue(Now).ToList()) Route(call);
        }
    }

    private Timestamp Now => _store.Clock.Reading;

    // Where what a peer sends comes from; the cluster's is the game's code.
    private ServerId ServerOf(int peer) =>
        peer == PeerSession.Cluster ? _host.Code.Holder : _host.Records.TryGetValue(peer, out PeerRecord? record) ? record.Server : ServerId.None;

    private void OnArrived(int source, int to, uint through)
    {
        if (source == PeerSession.Cluster) _host.Code.OnArrived(to, through);
        else _host.Find(source)?.Outstanding.OnArrived(to, through);
    }

    // What cannot be delivered now comes again, if it has a number.
    private void Deliver(RpcCall call)
    {
        if (!_hub.Deliver(call, Now) && call.Number == 0) _host.Count(NotDelivered);
    }

    private void SendSoon(NodeId synchronizer, uint authorityEpoch, ReadOnlySpan<byte> state)
    {
        HostMessage.WriteState(_states, synchronizer, authorityEpoch, state);
        if (_states.Length > BatchBytesMax) SendStates();
    }

    private void SendStates()
    {
        if (_states.Length == 0) return;
        byte[] states = _states.ToArray();
        _states.Clear();
        foreach (ServerId server in _store.Servers)
        {
            if (server != _store.Self) _store.SendToApplication(server, states);
        }
    }

    private void OnMessage(ServerId from, ReadOnlyMemory<byte> message)
    {
        if (!_host.IsLoaded) return;
        var reader = new ByteReader(message.Span);
        while (!reader.IsAtEnd && !reader.Failed)
        {
            switch ((HostMessage.Kind)reader.Byte())
            {
                case HostMessage.Kind.State:
                    {
                        var synchronizer = new NodeId(reader.Number());
                        uint epoch = (uint)reader.Number();
                        ReadOnlySpan<byte> state = reader.Bytes();
                        if (!reader.Failed) _hub.Publish(synchronizer, epoch, state);
                        break;
                    }

                case HostMessage.Kind.Call:
                    {
                        (int source, int to, var node) = ((int)reader.UInt32(), (int)reader.UInt32(), new NodeId(reader.Number()));
                        (uint number, uint previous) = ((uint)reader.Number(), (uint)reader.Number());
                        var call = new RpcCall(source, to, node, reader.Bytes().ToArray(), number, previous);
                        if (reader.Failed) break;
                        if (to == PeerSession.Cluster) _host.Code.OnForwarded(call);
                        else Deliver(call);
                        break;
                    }

                case HostMessage.Kind.Arrived:
                    {
                        (int source, int to, uint through) = ((int)reader.UInt32(), (int)reader.UInt32(), (uint)reader.Number());
                        if (!reader.Failed) OnArrived(source, to, through);
                        break;
                    }

                default:
                    reader.Fail();
                    break;
            }
        }

        if (reader.Failed) _host.Count("a message of another server that cannot be read");
        _host.Code.Work();
    }
}
