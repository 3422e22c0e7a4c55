using System.Collections.Immutable;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Game;

/// <summary>Godot's SceneMultiplayer: what an unmodified game does on the network, as a server or as a client.</summary>
/// <remarks>
/// <code>
/// transport ──OnPacket──► peers, relay ──► PathCache         1 SIMPLIFY_PATH, 2 CONFIRM_PATH
///                              │      ├──► RemoteCalls       0 RPC
///                              │      └──► SceneReplication  4 SPAWN, 5 DESPAWN, 6 SYNC, DELTA
/// outbox ◄──Send (client: in a RELAY, unless to the server)
/// </code>
/// It begins offline, as peer 1, as every game does; <see cref="Host"/> or <see cref="Join"/> gives it a transport. There
/// always is one: <c>multiplayer_peer = null</c> is not modelled, <see cref="GoOffline"/> is.
/// Nothing here knows what is at the other end. What the engine prints as an error is an entry of <see cref="Errors"/>;
/// what the codec refuses although the engine would look away (<see cref="Packet"/>) is one as well.
/// Source: modules/multiplayer/scene_multiplayer.cpp.
/// </remarks>
public sealed class SceneMultiplayer
{
    /// <summary>The server.</summary>
    public const int ServerPeer = 1;

    private readonly GameTree _game;
    private readonly ByteWriter _system = new();
    private readonly HashOrderSet<int> _peers = new();
    private readonly LinkedMap<int, Authentication> _pending = new();
    private readonly PathCache _cache;
    private readonly RemoteCalls _calls;
    private PacketSender? _send;
    private ConnectionStatus _lastStatus = ConnectionStatus.Connected;

    internal SceneMultiplayer(GameTree game)
    {
        _game = game;
        _cache = new(this, game);
        Replication = new(this, _cache);
        _calls = new(this, game, _cache);
    }

    /// <summary>This game's peer id; 1 for a server and offline, 0 as long as a client does not know it.</summary>
    public int UniqueId { get; private set; } = ServerPeer;

    /// <summary>How the transport stands.</summary>
    public ConnectionStatus Status { get; private set; } = ConnectionStatus.Connected;

    /// <summary>Peers that are admitted, behind the server too; in the engine's order.</summary>
    public IReadOnlyList<int> Peers => _peers.ToArray();

    /// <summary>Peers that have not been admitted yet.</summary>
    public IReadOnlyList<int> AuthenticatingPeers => [.. _pending.Pairs.Select(p => p.Key)];

    /// <summary><see cref="GameTree.Errors"/>.</summary>
    public IReadOnlyList<string> Errors => _game.Errors;

    /// <summary>Whether a server lets its clients know of each other and passes their packets on; both ends must agree.</summary>
    public bool ServerRelay { get; set; } = true;

    /// <summary>Where a sync packet ends, in bytes.</summary>
    public int SyncBytesMax { get; set; } = Packet.SyncBytesMax;

    /// <summary>Where a delta packet ends, in bytes.</summary>
    public int DeltaBytesMax { get; set; } = Packet.DeltaBytesMax;

    /// <summary>Takes the bytes that a peer sends before it is admitted; null to admit everyone at once.</summary>
    public Action<int, ImmutableArray<byte>>? AuthCallback { get; set; }

    /// <summary>How long a peer may take for that, in microseconds; 0 for ever.</summary>
    public long AuthTimeoutMicroseconds { get; set; } = 3_000_000;

    /// <summary>A peer was admitted.</summary>
    public event Action<int>? PeerConnected;

    /// <summary>An admitted peer has gone.</summary>
    public event Action<int>? PeerDisconnected;

    /// <summary>A client was admitted by its server.</summary>
    public event Action? ConnectedToServer;

    /// <summary>A client never reached its server.</summary>
    public event Action? ConnectionFailed;

    /// <summary>A client has lost its server.</summary>
    public event Action? ServerDisconnected;

    /// <summary>A peer waits to be admitted.</summary>
    public event Action<int>? PeerAuthenticating;

    /// <summary>A peer was not admitted in time, or left before.</summary>
    public event Action<int>? PeerAuthenticationFailed;

    /// <summary>Bytes of the game's own.</summary>
    public event Action<int, ImmutableArray<byte>>? PeerPacket;

    /// <summary>A method that a script would run: called from afar, or by the game itself with <c>call_local</c>.</summary>
    public event Action<RemoteCall>? Called;

    /// <summary>The transport is to close the connection to a peer, which is gone already as far as the game is concerned.</summary>
    public event Action<int>? DisconnectRequested;

    internal SceneReplication Replication { get; }

    internal HashOrderSet<int> ConnectedPeers => _peers;

    /// <summary>Becomes a server.</summary>
    public void Host(PacketSender send) => SetPeer(send, ConnectionStatus.Connected, ServerPeer);

    /// <summary>Begins to be a client.</summary>
    /// <param name="send">The transport; what goes to it goes to peer 1.</param>
    /// <param name="uniqueId">The id, where the client chooses it (ENet); 0 where the server does (WebSocket).</param>
    public void Join(PacketSender send, int uniqueId = 0)
    {
        Invariant.Holds(uniqueId is 0 or > ServerPeer);
        SetPeer(send, ConnectionStatus.Connecting, uniqueId);
    }

    /// <summary>A client's transport has reached the server, which is peer 1 from now on.</summary>
    /// <param name="uniqueId">The id that the client has: for WebSocket from the server's first message.</param>
    public void OnConnected(int uniqueId)
    {
        Invariant.Holds(Status == ConnectionStatus.Connecting && uniqueId > ServerPeer);
        Status = ConnectionStatus.Connected;
        UniqueId = uniqueId;
        AddPeer(ServerPeer);
        UpdateStatus();
    }

    /// <summary>A server's transport has a new peer.</summary>
    public void OnPeerConnected(int peer)
    {
        Invariant.Holds(Status == ConnectionStatus.Connected && UniqueId == ServerPeer && peer > ServerPeer);
        AddPeer(peer);
        UpdateStatus();
    }

    /// <summary>The transport has lost a peer: of a client, its server.</summary>
    public void OnPeerDisconnected(int peer)
    {
        if (UniqueId == ServerPeer)
        {
            DeletePeer(peer, silent: false);
            UpdateStatus();
            return;
        }

        if (Status == ConnectionStatus.Connected) DeletePeer(ServerPeer, silent: false);
        Status = ConnectionStatus.Disconnected;
        UniqueId = 0;
        UpdateStatus();
    }

    /// <summary>Gives the transport up (<c>multiplayer_peer = OfflineMultiplayerPeer.new()</c>): peer 1 and alone again.</summary>
    public void GoOffline() => SetPeer(null, ConnectionStatus.Connected, ServerPeer);

    /// <summary>Sends a peer away (<c>disconnect_peer</c>), without <see cref="PeerDisconnected"/>.</summary>
    public void DisconnectPeer(int peer)
    {
        DeletePeer(peer, silent: true);
        DisconnectRequested?.Invoke(peer);
    }

    /// <summary>A packet has come over the transport.</summary>
    /// <param name="from">A peer of the transport: of a client always 1.</param>
    /// <param name="packet">Whatever it is; not kept.</param>
    public void OnPacket(int from, ReadOnlySpan<byte> packet)
    {
        UpdateStatus();
        if (_lastStatus != ConnectionStatus.Connected) return;
        bool isAuth = packet.Length >= 2 && (packet[0] & 7) == (byte)PacketCommand.System && packet[1] == (byte)SystemCommand.Auth;
        if (_pending.TryGet(from, out Authentication? pending))
        {
            if (!isAuth) Error($"a packet of peer {from}, which is not admitted yet");
            else if (packet.Length > 2) AuthCallback?.Invoke(from, [.. packet[2..]]);
            else
            {
                pending.Remote = true;
                if (pending.Local) Admit(from, pending);
            }

            return;
        }

        if (!_peers.Contains(from)) Error($"a packet of peer {from}, which is not connected");
        else if (isAuth)
        {
            if (packet.Length != 2) Error($"authentication data of peer {from}, which is admitted already");
        }
        else if (!packet.IsEmpty && (packet[0] & 7) == (byte)PacketCommand.System) OnSystem(from, packet);
        else Process(from, packet);
        UpdateStatus();
    }

    /// <summary>Drops peers whose authentication takes too long, and sends states and changes.</summary>
    /// <param name="nowMicroseconds">Grows from poll to poll; from 1.</param>
    public void Poll(long nowMicroseconds)
    {
        UpdateStatus();
        if (_lastStatus != ConnectionStatus.Connected) return;
        if (AuthTimeoutMicroseconds > 0)
        {
            foreach ((int peer, Authentication pending) in _pending.Pairs.ToArray())
            {
                pending.StartedMicroseconds ??= nowMicroseconds;
                if (pending.StartedMicroseconds + AuthTimeoutMicroseconds > nowMicroseconds) continue;
                // First of all, for the transport may say at once that the peer is gone.
                _pending.Remove(peer);
                DisconnectRequested?.Invoke(peer);
                PeerAuthenticationFailed?.Invoke(peer);
            }
        }

        UpdateStatus();
        if (_lastStatus == ConnectionStatus.Connected) Replication.OnNetworkProcess(nowMicroseconds);
    }

    /// <summary>Calls a method of a node at a peer, at all (0), or at all but one (−peer).</summary>
    /// <returns>False, with an error, if the engine would not.</returns>
    public bool Rpc(GameNode node, string method, ReadOnlySpan<Variant> arguments, int peer = 0) => _calls.Call(node, method, arguments, peer);

    /// <summary>Sends bytes of the game's own to a peer, to all (0), or to all but one (−peer).</summary>
    public void SendBytes(ReadOnlySpan<byte> bytes, int peer = 0, bool reliable = true)
    {
        if (bytes.IsEmpty) Error("Trying to send an empty raw packet.");
        else if (!IsOnline) Error("Trying to send a raw packet via a multiplayer peer which is not connected.");
        else
        {
            ByteWriter writer = new(bytes.Length + 1);
            RawPacket.Write(writer, bytes);
            Send(peer, writer.Written, reliable);
        }
    }

    /// <summary>Sends bytes to a peer that is not admitted yet.</summary>
    public void SendAuth(int peer, ReadOnlySpan<byte> bytes)
    {
        if (!_pending.TryGet(peer, out Authentication? pending) || bytes.IsEmpty) Error($"send_auth: nothing to send, or peer {peer} is not authenticating");
        else if (pending.Local) Error("The authentication session was previously marked as completed, no more authentication data can be sent.");
        else if (pending.Remote) Error("The remote peer notified that the authentication session was completed, no more authentication data can be sent.");
        else
        {
            _system.Clear();
            SystemPacket.WriteAuth(_system, bytes);
            Transmit(peer, _system.Written, reliable: true);
        }
    }

    /// <summary>Says that a peer may be admitted; it is when it has said the same.</summary>
    public void CompleteAuth(int peer)
    {
        if (!_pending.TryGet(peer, out Authentication? pending)) Error($"complete_auth: peer {peer} is not authenticating");
        else if (pending.Local) Error("The authentication session was already marked as completed.");
        else
        {
            pending.Local = true;
            _system.Clear();
            SystemPacket.WriteAuth(_system, []);
            Transmit(peer, _system.Written, reliable: true);
            if (pending.Remote) Admit(peer, pending);
        }
    }

    internal bool IsOnline => Status == ConnectionStatus.Connected;

    internal bool HasAuthority(GameNode node) => node.MultiplayerAuthority == UniqueId;

    internal void Error(string message) => _game.Report(message);

    internal void OnCalled(RemoteCall call) => Called?.Invoke(call);

    /// <summary>Sends a packet to a peer, to all (0), or to all but one (−peer); from a client through the server.</summary>
    internal void Send(int to, ReadOnlySpan<byte> packet, bool reliable)
    {
        if (ServerRelay && UniqueId != ServerPeer && to != ServerPeer)
        {
            WriteRelay(to, packet);
            Transmit(ServerPeer, _system.Written, reliable);
        }
        else if (to > 0)
        {
            if (_peers.Contains(to)) Transmit(to, packet, reliable);
            else Error($"there is no peer {to} to send to");
        }
        else
        {
            foreach (int peer in _peers)
            {
                if (to == 0 || peer != -to) Transmit(peer, packet, reliable);
            }
        }
    }

    private void SetPeer(PacketSender? send, ConnectionStatus status, int uniqueId)
    {
        // What the transport before gave is gone. Nobody is told, as in the engine.
        _lastStatus = ConnectionStatus.Disconnected;
        Clear();
        (_send, Status, UniqueId) = (send, status, uniqueId);
        UpdateStatus();
    }

    private void UpdateStatus()
    {
        if (_lastStatus == Status) return;
        ConnectionStatus before = _lastStatus;
        _lastStatus = Status;
        if (Status != ConnectionStatus.Disconnected) return;
        if (before == ConnectionStatus.Connecting) ConnectionFailed?.Invoke();
        else ServerDisconnected?.Invoke();
        Clear();
    }

    private void Clear()
    {
        _pending.Clear();
        _peers.Clear();
        Replication.OnReset();
        _cache.Clear();
    }

    private void Transmit(int to, ReadOnlySpan<byte> packet, bool reliable) => _send?.Invoke(to, packet, reliable);

    private void WriteRelay(int peer, ReadOnlySpan<byte> packet)
    {
        // Not through SystemPacket: the engine relays whatever it is given.
        _system.Clear();
        _system.Byte((byte)PacketCommand.System);
        _system.Byte((byte)SystemCommand.Relay);
        _system.UInt32((uint)peer);
        _system.Raw(packet);
    }

    private void AddPeer(int peer)
    {
        if (AuthCallback is null)
        {
            Admit(peer);
            return;
        }

        _pending.Set(peer, new());
        PeerAuthenticating?.Invoke(peer);
    }

    private void Admit(int peer, Authentication pending)
    {
        Invariant.Holds(pending is { Local: true, Remote: true });
        _pending.Remove(peer);
        Admit(peer);
    }

    private void Admit(int peer)
    {
        if (ServerRelay && UniqueId == ServerPeer)
        {
            foreach (int other in _peers)
            {
                TellOf(peer, other, SystemPacket.WriteAddPeer);
                TellOf(other, peer, SystemPacket.WriteAddPeer);
            }
        }

        _peers.Add(peer);
        _cache.OnPeerConnected(peer);
        Replication.OnPeerConnected(peer);
        if (peer == ServerPeer) ConnectedToServer?.Invoke();
        PeerConnected?.Invoke(peer);
    }

    private void DeletePeer(int peer, bool silent)
    {
        if (_pending.Remove(peer))
        {
            if (!silent) PeerAuthenticationFailed?.Invoke(peer);
            return;
        }

        if (!_peers.Contains(peer)) return;
        if (ServerRelay && UniqueId == ServerPeer)
        {
            foreach (int other in _peers)
            {
                if (other != peer) TellOf(peer, other, SystemPacket.WriteDelPeer);
            }
        }

        Replication.OnPeerDisconnected(peer);
        _cache.OnPeerDisconnected(peer);
        _peers.Remove(peer);
        if (!silent) PeerDisconnected?.Invoke(peer);
    }

    private void TellOf(int peer, int to, Action<ByteWriter, int> write)
    {
        _system.Clear();
        write(_system, peer);
        Transmit(to, _system.Written, reliable: true);
    }

    private void OnSystem(int from, ReadOnlySpan<byte> packet)
    {
        if (!SystemPacket.TryRead(packet, out SystemPacket system))
        {
            Error($"an invalid system packet of peer {from}");
            return;
        }

        bool isClientOfSender = ServerRelay && UniqueId != ServerPeer && from == ServerPeer;
        switch (system.Command)
        {
            case SystemCommand.AddPeer or SystemCommand.DelPeer when !isClientOfSender:
                Error($"news of a peer from peer {from}, which is not our server");
                break;
            case SystemCommand.AddPeer:
                Admit(system.Peer);
                break;
            case SystemCommand.DelPeer:
                DeletePeer(system.Peer, silent: false);
                break;
            case SystemCommand.Relay when !ServerRelay:
                Error($"a relayed packet of peer {from}, but the server relay is off");
                break;
            case SystemCommand.Relay when UniqueId == ServerPeer:
                Relay(from, system);
                break;
            case SystemCommand.Relay when from == ServerPeer:
                Process(system.Peer, system.Payload);
                break;
            default:
                Error($"a system packet that nobody may send, from peer {from}");
                break;
        }
    }

    private void Relay(int from, SystemPacket system)
    {
        int to = system.Peer;
        // It may have gone while the packet was under way.
        if (to > 0 && !_peers.Contains(to)) return;
        // The engine keeps the mode in which the packet came. Of WebSocket that is always the reliable one.
        WriteRelay(from, system.Payload);
        if (to > 0)
        {
            Transmit(to, _system.Written, reliable: true);
            return;
        }

        foreach (int peer in _peers)
        {
            if (peer != from && peer != -to) Transmit(peer, _system.Written, reliable: true);
        }

        if (to != -ServerPeer) Process(from, system.Payload);
    }

    private void Process(int from, ReadOnlySpan<byte> packet)
    {
        switch (Packet.CommandOf(packet))
        {
            case PacketCommand.SimplifyPath: _cache.OnSimplifyPath(from, packet); break;
            case PacketCommand.ConfirmPath: _cache.OnConfirmPath(from, packet); break;
            case PacketCommand.Rpc: _calls.OnRpc(from, packet); break;
            case PacketCommand.Spawn: Replication.OnSpawnPacket(from, packet); break;
            case PacketCommand.Despawn: Replication.OnDespawnPacket(from, packet); break;
            case PacketCommand.Sync: Replication.OnSyncPacket(from, packet); break;
            case PacketCommand.Delta: Replication.OnDeltaPacket(from, packet); break;
            case PacketCommand.Raw when RawPacket.TryRead(packet, out RawPacket raw): PeerPacket?.Invoke(from, [.. raw.Bytes]); break;
            default: Error($"Invalid network command from {from}"); break;
        }
    }

    private sealed class Authentication
    {
        public bool Local { get; set; }

        public bool Remote { get; set; }

        public long? StartedMicroseconds { get; set; }
    }
}
