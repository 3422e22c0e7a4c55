using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net.WebSockets;
using Banyan.Godot.Variants;
using Banyan.Sync.Frames;
using Banyan.Sync.Trees;

namespace Banyan.Client.Games;

/// <summary>
/// A game's connection to a cluster that outlives gateways: when one is lost, the next is tried at once, and the session goes
/// on there. To the game it is one connection. Packets are SceneMultiplayer's.
/// </summary>
/// <remarks>All members but <see cref="DisposeAsync"/> are for one thread at a time.</remarks>
public sealed class GameConnection : IAsyncDisposable
{
    private static readonly TimeSpan _connectMax = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _pauseMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _pingEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _silenceMax = TimeSpan.FromSeconds(3);

    private readonly IReadOnlyList<Uri> _gateways;
    private readonly ClientSession _session;
    private readonly ConcurrentQueue<(int Connection, byte[]? Frame)> _received = [];
    private readonly CancellationTokenSource _over = new();
    private ClientWebSocket? _socket;
    private volatile ClientWebSocket? _ready; // by the task that connects
    private Task _sending = Task.CompletedTask;
    private Task? _connecting;
    private int _connection;
    private int _next;
    private TimeSpan _pause;
    private DateTime _tryAt = DateTime.MinValue;
    private DateTime _lostAt;
    private DateTime _heardAt;
    private DateTime _pingAt;

    /// <summary>Begins to connect.</summary>
    /// <param name="gateways">"ws://host:port/godot", the first of which is tried first.</param>
    /// <param name="canMove">Whether the game does what <see cref="TryReceiveMove"/> says; otherwise nodes that move are freed and made anew.</param>
    public GameConnection(IReadOnlyList<Uri> gateways, bool canMove = false)
    {
        if (gateways.Count == 0) throw new ArgumentException("a connection needs a gateway", nameof(gateways));
        _gateways = gateways;
        _session = new(canMove);
    }

    /// <summary>The peer id; 0 before the first gateway has answered.</summary>
    public int Peer => _session.Peer;

    /// <summary>Whether a gateway is there right now.</summary>
    public bool IsOpen => _session.IsOpen;

    /// <summary>Why the session is over; null while it is not.</summary>
    public string? Ended => _session.Ended;

    /// <summary>The gateway in use, or tried last.</summary>
    public Uri Gateway { get; private set; } = new("ws://none.invalid");

    /// <summary>How long the last change of gateways took; zero if there was none.</summary>
    public TimeSpan LastFailover { get; private set; }

    /// <summary>How often the session went on at another gateway.</summary>
    public int Failovers { get; private set; }

    /// <summary>Reliable packets that have not taken effect yet.</summary>
    public int KeptCount => _session.KeptCount;

    /// <summary>Sends a packet; false if too many wait already.</summary>
    public bool Send(ReadOnlySpan<byte> packet, bool reliable)
    {
        bool isTaken = _session.Send(packet, reliable);
        Flush();
        return isTaken;
    }

    /// <summary>The next packet that has come; call often, all else is done here as well.</summary>
    public bool TryReceive([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out byte[]? packet)
    {
        Turn();
        return _session.TryTakePacket(out packet);
    }

    /// <summary>What is to be done with a node before the next packet is looked at; ask when there is no packet.</summary>
    public bool TryReceiveMove([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out NodeMove? move) => _session.TryTakeMove(out move);

    /// <summary>Changes of followed trees that are not answered.</summary>
    public int ChangesCount => _session.ChangesCount;

    /// <summary>Follows a subtree, through all gateways to come; <see cref="TryReceive"/> keeps it up to date.</summary>
    /// <param name="path">From /root.</param>
    public TreeFollower Follow(string path)
    {
        TreeFollower follower = _session.Follow(path);
        Flush();
        return follower;
    }

    /// <summary>Follows it no more.</summary>
    public void Unfollow(TreeFollower follower)
    {
        _session.Unfollow(follower);
        Flush();
    }

    /// <summary>Changes a followed tree in one transaction, exactly once, whatever becomes of gateways.</summary>
    /// <param name="follower">Whose tree.</param>
    /// <param name="operations">As docs/godot-sessions.md has them.</param>
    /// <returns>The request's number, for <see cref="TreeFollower.TryTakeDone"/>; 0 if too many wait already.</returns>
    public long Change(TreeFollower follower, params ImmutableArray<Variant> operations)
    {
        long request = _session.Change(follower, operations);
        Flush();
        return request;
    }

    /// <summary>Ends the session for good.</summary>
    public void Leave()
    {
        _session.Leave();
        Flush();
    }

    /// <summary>Drops the connection as a failing network would; the session goes on.</summary>
    public void Drop() => _socket?.Abort();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _sending.ConfigureAwait(false);
        await _over.CancelAsync().ConfigureAwait(false);
        if (_connecting is not null) await _connecting.ConfigureAwait(false);
        _socket?.Dispose();
        _over.Dispose();
    }

    private void Turn()
    {
        DateTime now = DateTime.UtcNow;
        while (_received.TryDequeue(out (int Connection, byte[]? Frame) next))
        {
            if (next.Connection != _connection) continue;
            if (next.Frame is null)
            {
                Lose(now);
                continue;
            }

            _heardAt = now;
            bool wasOpen = _session.IsOpen;
            if (!_session.OnFrame(next.Frame)) _socket!.Abort();
            if (!wasOpen && _session.IsOpen) Open(now);
            if (_session.Reason is not null) _socket!.Abort();
        }

        _session.Tick();
        if (_socket is not null && now >= _pingAt)
        {
            _pingAt = now + _pingEvery;
            if (now - _heardAt > _silenceMax) _socket.Abort();
            else SendFrame([(byte)ClientFrameKind.Ping, 0, 0, 0, 0, 0, 0, 0, 0]);
        }

        Flush();
        if (_socket is null && _connecting is null && Ended is null && now >= _tryAt) Connect(now);
        else if (_connecting is { IsCompleted: true }) OnConnected(now);
    }

    private void Connect(DateTime now)
    {
        Gateway = _gateways[_next++ % _gateways.Count];
        // All of them at once without a pause, then with one that grows.
        if (_next % _gateways.Count == 0) _pause = _pause == TimeSpan.Zero ? TimeSpan.FromMilliseconds(50) : TimeSpan.FromTicks(Math.Min(_pause.Ticks * 2, _pauseMax.Ticks));
        _tryAt = now + (_next % _gateways.Count == 0 ? _pause : TimeSpan.Zero);
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(SessionFrame.Subprotocol);
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        _connecting = ConnectAsync(socket, Gateway);
    }

    private async Task ConnectAsync(ClientWebSocket socket, Uri gateway)
    {
        try
        {
            using var soon = CancellationTokenSource.CreateLinkedTokenSource(_over.Token);
            soon.CancelAfter(_connectMax);
            await socket.ConnectAsync(gateway, soon.Token).ConfigureAwait(false);
            _ready = socket;
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            socket.Dispose();
        }
    }

    private void OnConnected(DateTime now)
    {
        _connecting = null;
        if (_ready is not { } socket) return;
        (_ready, _socket) = (null, socket);
        _heardAt = now;
        _pingAt = now + _pingEvery;
        _sending = Task.CompletedTask;
        int connection = ++_connection;
        _session.Connect();
        Flush();
        _ = ReadAsync(socket, connection);
    }

    private void Open(DateTime now)
    {
        _pause = TimeSpan.Zero;
        if (_lostAt == default) return;
        LastFailover = now - _lostAt;
        Failovers++;
        _lostAt = default;
    }

    private void Lose(DateTime now)
    {
        if (_session.IsOpen) _lostAt = now;
        _session.Disconnect();
        _socket?.Dispose();
        _socket = null;
        _connection++;
    }

    private void Flush()
    {
        while (_socket is not null && _session.TryTakeFrame(out byte[]? frame)) SendFrame(frame);
    }

    private void SendFrame(byte[] frame)
    {
        ClientWebSocket socket = _socket!;
        _sending = SendAfterAsync(_sending, socket, frame);
    }

    private static async Task SendAfterAsync(Task before, ClientWebSocket socket, byte[] frame)
    {
        await before.ConfigureAwait(false);
        try
        {
            await socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // The reading side notices.
        }
    }

    private async Task ReadAsync(ClientWebSocket socket, int connection)
    {
        var buffer = new byte[1 << 16];
        int length = 0;
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult read = await socket.ReceiveAsync(buffer.AsMemory(length), _over.Token).ConfigureAwait(false);
                if (read.MessageType == WebSocketMessageType.Close) break;
                length += read.Count;
                if (read.EndOfMessage)
                {
                    _received.Enqueue((connection, buffer.AsSpan(0, length).ToArray()));
                    length = 0;
                }
                else if (length == buffer.Length)
                {
                    Array.Resize(ref buffer, buffer.Length * 2);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // Told below.
        }

        _received.Enqueue((connection, null));
    }
}
