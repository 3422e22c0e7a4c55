using System.Net;
using System.Net.Sockets;
using Banyan.Primitives;

namespace Banyan.Server.Peers;

/// <summary>The way to one peer: what waits for it, and the connection that this server dials and keeps.</summary>
/// <remarks>
/// While nothing waits, a message goes from the sender's thread straight into the kernel: one call and no other thread.
/// What the kernel does not take at once is left to the drain, a task of the connection; while that is busy, senders
/// only queue.
/// <code>
/// Send ── nothing waits, the kernel takes it ────────► socket
///   └──── else ─► queue ─► drain, 64 KiB a call ─────► socket
/// </code>
/// The queue outlives a connection that breaks, but not an attempt to connect that fails: a peer that is down would
/// come back to old news. While it is down, messages are dropped at once.
/// </remarks>
internal sealed class PeerLink : IAsyncDisposable
{
    // What a sender writes itself at most: more would hold up its thread.
    private const int DirectWritesMax = 4;

    private readonly ServerId _self;
    private readonly PeerTransportOptions _options;
    private readonly IPeerInbox _inbox;
    private readonly PeerBackOff _backOff;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _dialNow = new(0);
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Task _running;

    // Guards all below. Held for a few non-blocking socket calls at most.
    private readonly Lock _gate = new();
    private readonly PeerQueue _queue;
    private EndPoint _address;

    // Open for sending; null also while the connection is being taken down.
    private Socket? _socket;
    private DateTimeOffset? _since;

    // The drain owns the socket's sending side and _current.
    private bool _draining;
    private bool _down;
    private string? _failure;
    private PeerWrite _current;
    private int _currentSent;
    private string? _lastError;
    private long _bytesSent;
    private long _messagesSent;
    private long _writes;
    private long _dropped;
    private long _cut;
    private long _connects;
    private long _connectFailures;

    /// <summary>Begins to dial.</summary>
    public PeerLink(ServerId self, ServerId peer, EndPoint address, PeerTransportOptions options, IPeerInbox inbox)
    {
        (_self, Peer, _address, _options, _inbox) = (self, peer, address, options, inbox);
        _queue = new(options);
        _backOff = new(options.BackOffMin, options.BackOffMax, StableHash.Add(self.Value, peer.Value));
        _running = Task.Run(RunAsync);
    }

    /// <summary>The other end.</summary>
    public ServerId Peer { get; }

    /// <summary>Takes a message, or drops and counts it; writes at once what waits, if asked to.</summary>
    public void Send(ReadOnlySpan<byte> message, bool flush)
    {
        lock (_gate)
        {
            if (_down || !_queue.TryAdd(message))
            {
                _dropped++;
                return;
            }

            if (flush) WriteDirectly();
        }
    }

    /// <summary>Writes what waits, as far as the kernel takes it.</summary>
    public void Flush()
    {
        lock (_gate) WriteDirectly();
    }

    /// <summary>Ends a pause between attempts to connect: there is reason to believe that the peer is back.</summary>
    public void DialNow()
    {
        if (_dialNow.CurrentCount == 0) _dialNow.Release();
    }

    /// <summary>The peer is found elsewhere from now on.</summary>
    public void MoveTo(EndPoint address)
    {
        lock (_gate)
        {
            if (_address.Equals(address)) return;
            _address = address;
            if (_socket is not null) Fail("the peer's address changed");
        }

        DialNow();
    }

    /// <summary>The sending half of the counters.</summary>
    public PeerStatus Status()
    {
        lock (_gate)
        {
            return new(Peer)
            {
                Reachable = _since is not null,
                ReachableSince = _since,
                BytesSent = _bytesSent,
                MessagesSent = _messagesSent,
                Writes = _writes,
                MessagesQueued = _queue.Messages + _current.Messages,
                BytesQueued = _queue.Bytes + _current.Bytes.Length - _currentSent,
                MessagesDropped = _dropped,
                MessagesCut = _cut,
                Connects = _connects,
                ConnectFailures = _connectFailures,
                LastSendError = _lastError,
            };
        }
    }

    /// <summary>Closes the connection and forgets what waits.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        lock (_gate)
        {
            _down = true;
            _dropped += _queue.Clear();
        }

        _stop.Dispose();
    }

    // Under the gate. On the sender's thread, so it never waits.
    private void WriteDirectly()
    {
        if (_socket is null || _draining) return;
        for (int writes = 0; !_queue.IsEmpty; writes++)
        {
            if (writes == DirectWritesMax || _queue.HasBulk)
            {
                HandToDrain();
                return;
            }

            bool taken = _queue.TryTake(out _current);
            Invariant.Holds(taken);
            _currentSent = 0;
            int sent = _socket.Send(_current.Bytes.Span, SocketFlags.None, out SocketError error);
            if (error is not (SocketError.Success or SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable))
            {
                DropCurrent();
                Fail(PeerSocket.Describe(error));
                return;
            }

            if (OnWritten(error == SocketError.Success ? sent : 0)) continue;
            HandToDrain();
            return;
        }
    }

    // Under the gate.
    private void HandToDrain()
    {
        _draining = true;
        _wake.Release();
    }

    // Under the gate: takes the connection out of use; the drain then ends it.
    private void Fail(string reason)
    {
        Invariant.Holds(_socket is not null);
        _failure = reason;
        PeerSocket.Abort(_socket);
        _socket = null;
        _wake.Release();
    }

    // Under the gate: true if all of the current write is out.
    private bool OnWritten(int bytes)
    {
        _writes++;
        _bytesSent += bytes;
        _currentSent += bytes;
        if (_currentSent < _current.Bytes.Length) return false;
        _messagesSent += _current.Messages;
        ReleaseCurrent();
        return true;
    }

    private void DropCurrent()
    {
        _cut += _current.Messages;
        ReleaseCurrent();
    }

    private void ReleaseCurrent()
    {
        _current.Dispose();
        (_current, _currentSent) = (default, 0);
    }

    private async Task RunAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                EndPoint address;
                lock (_gate) address = _address;
                (Socket? socket, string reason) =
                    await PeerDial.TryAsync(_self, Peer, address, _options, _stop.Token).ConfigureAwait(false);
                if (socket is null)
                {
                    OnDialFailed(reason);
                }
                else
                {
                    long began = Environment.TickCount64;
                    await ServeAsync(socket, address).ConfigureAwait(false);
                    // A connection that is closed as soon as it is open is a failure too.
                    if (Environment.TickCount64 - began > _options.BackOffMax.TotalMilliseconds) _backOff.Reset();
                }

                await _dialNow.WaitAsync(_backOff.Next(), _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed.
        }
        catch (Exception e)
        {
            // Nobody awaits this task before the end: a bug in here would go unseen.
            Environment.FailFast("the link to " + Peer + " failed", e);
        }
    }

    private void OnDialFailed(string reason)
    {
        lock (_gate)
        {
            _connectFailures++;
            _lastError = reason;
            _down = true;
            _dropped += _queue.Clear();
        }
    }

    private async Task ServeAsync(Socket socket, EndPoint address)
    {
        lock (_gate)
        {
            if (!_address.Equals(address))
            {
                // The peer moved while it was dialled.
                socket.Dispose();
                return;
            }

            (_socket, _since, _down, _failure) = (socket, DateTimeOffset.UtcNow, false, null);
            _connects++;
            // What has gathered goes first; the drain finds it without being woken.
            _draining = true;
        }

        _inbox.OnReachable(Peer, true);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task<string?> watch = WatchAsync(socket);
        Task<string> drain = DrainAsync(socket, ended.Token);
        bool closedThere = await Task.WhenAny((Task)watch, drain).ConfigureAwait(false) == watch;
        lock (_gate) _socket = null;
        await ended.CancelAsync().ConfigureAwait(false);
        // Ends the watch; a refusal that has come in is still read.
        PeerSocket.Abort(socket);
        string drained = await drain.ConfigureAwait(false);
        string? refusal = await watch.ConfigureAwait(false);
        lock (_gate)
        {
            (_since, _draining) = (null, false);
            if (_current.Bytes.Length > 0) DropCurrent();
            _cut += _queue.DropCutMessage();
            _lastError = refusal ?? _failure ?? (closedThere ? "the peer closed the connection" : drained);
        }

        socket.Dispose();
        _inbox.OnReachable(Peer, false);
    }

    // The other side says nothing on this connection but why it ends it. Null if it does not.
    private static async Task<string?> WatchAsync(Socket socket)
    {
        try
        {
            PeerGreeting? last = await PeerSocket.ReceiveGreetingAsync(socket, CancellationToken.None).ConfigureAwait(false);
            return last?.Refusal is { } refusal ? "refused there: " + refusal : null;
        }
        catch (SocketException e)
        {
            return PeerSocket.Describe(e.SocketErrorCode);
        }
    }

    private async Task<string> DrainAsync(Socket socket, CancellationToken ended)
    {
        try
        {
            long bytesBefore = 0;
            while (true)
            {
                while (TryTakeForDrain(out ReadOnlyMemory<byte> bytes))
                {
                    int sent = await socket.SendAsync(bytes, SocketFlags.None, ended).ConfigureAwait(false);
                    lock (_gate) OnWritten(sent);
                }

                bool woken = await _wake.WaitAsync(_options.KeepAliveInterval, ended).ConfigureAwait(false);
                lock (_gate)
                {
                    if (_failure is not null) return _failure;
                    if (!woken && !_draining && _bytesSent == bytesBefore)
                    {
                        _current = PeerWrite.OfKeepAlive();
                        _draining = true;
                    }

                    bytesBefore = _bytesSent;
                }
            }
        }
        catch (OperationCanceledException)
        {
            return "this server stopped";
        }
        catch (SocketException e)
        {
            return PeerSocket.Describe(e.SocketErrorCode);
        }
    }

    // When nothing waits any more, the sending side goes back to the senders.
    private bool TryTakeForDrain(out ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            bytes = default;
            if (!_draining) return false;
            if (_current.Bytes.Length == 0)
            {
                _currentSent = 0;
                if (!_queue.TryTake(out _current))
                {
                    _draining = false;
                    return false;
                }
            }

            bytes = _current.Bytes[_currentSent..];
            return true;
        }
    }
}
