using System.Diagnostics;
using Banyan.Kv.Images;
using Banyan.Kv.Ranges;
using Banyan.Kv.Store;
using Banyan.Primitives;
using Banyan.Server.Disk;
using Banyan.Server.Peers;
using Banyan.Simulator.Tracing;
using Banyan.Storage;

namespace Banyan.Server.Hosting;

/// <summary>
/// One server's store on a thread of its own, with real time, disk and network around it. Everything that touches the
/// store runs here, one thing at a time; other threads hand work in with <see cref="Post"/>.
/// </summary>
/// <remarks>
/// <code>
/// peers' reading threads ──► inbox ──► [ loop: handle, tick, Store.Work ] ──► transport (sends at once)
/// gateway sessions       ──►   ▲                     │
///                              └──── flush thread ◄──┴ one round at a time, beside the sends
/// </code>
/// </remarks>
internal sealed class StoreLoop : IPeerInbox, IDisposable
{
    private readonly ServerOptions _options;
    private readonly FileDisk _disk;
    private readonly LoopInbox _inbox = new();
    private readonly Thread _thread;
    private readonly FlushThread _flusher;
    private readonly HybridClock _clock;
    private readonly ByteWriter _writer = new(4096);
    private readonly List<Action> _afterRound = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly NdjsonTrace? _trace;
    private PeerTransport? _transport;
    private bool _flushing;
    private bool _checkpointing;
    private long _bytesSinceCheckpoint;
    private long _lastTurn;
    private volatile bool _stopping;
    private volatile bool _isQuiet;
    private int _urgent;

    /// <summary>Recovers from the folder. <see cref="Start"/> begins to run.</summary>
    /// <exception cref="CorruptFileException">Log or checkpoint are damaged; the message names file and offset.</exception>
    /// <exception cref="IOException">The folder cannot be used, or another process holds it.</exception>
    public StoreLoop(ServerOptions options)
    {
        _options = options;
        _disk = new(options.Folder);
        try
        {
            FolderIdentity.Claim(options);
            var started = Stopwatch.StartNew();
            _clock = new(options.Store.MaxOffsetMicroseconds);
            ReadClock();
            if (options.Trace is { } path) _trace = TraceFile.Open(path, _clock);
            var random = new SeededRandom(BitConverter.ToUInt64(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8)));
            StoreRecovery recovered = StoreRecovery.Open(_disk, new() { Identity = (uint)random.NextUInt64() }, out WriteAheadLog wal);
            ServerId[] servers = [.. options.Servers.Select(s => s.Id).Order()];
            var first = new RangeDescriptor(new(1), KeySpan.All, 1, [.. servers], servers[0]);
            Store = new(options.Self, servers, options.Store with { Trace = _trace }, _clock, wal, recovered, [first], random);
            RecoveredRecords = recovered.Records;
            RecoveryTime = started.Elapsed;
        }
        catch
        {
            _trace?.Dispose();
            _disk.Dispose();
            throw;
        }

        _flusher = new(OnRoundWritten);
        _thread = new(Run) { Name = $"banyan-store-{options.Self.Value}", IsBackground = true };
    }

    /// <summary>The store. Only the loop may touch it.</summary>
    public Store Store { get; }

    /// <summary>Records of the log that were read at the start.</summary>
    public long RecoveredRecords { get; }

    /// <summary>How long reading checkpoint and log took.</summary>
    public TimeSpan RecoveryTime { get; }

    /// <summary>Called on the loop after every tick of the store.</summary>
    public Action? OnTick { get; set; }

    /// <summary>Whether ticks are due as usual even while the store is quiet. Of the loop alone.</summary>
    public Func<bool>? TicksAlways { get; set; }

    /// <summary>Ends when the loop does; with the exception that ended it, if it was one.</summary>
    public Task Ended => _ended.Task;

    /// <summary>When the loop last went round, in <see cref="Stopwatch"/> ticks: whoever looks after its health compares.</summary>
    public long LastTurn => Volatile.Read(ref _lastTurn);

    /// <summary>Begins to run.</summary>
    public void Start(PeerTransport transport)
    {
        _transport = transport;
        _thread.Start();
        _flusher.Start();
    }

    /// <summary>Has something done on the loop, soon.</summary>
    public void Post(Action<Store> action) => _inbox.AddAndWake(new(default, default, null, action));

    /// <summary>Has something computed on the loop.</summary>
    public Task<T> Ask<T>(Func<Store, T> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(store =>
        {
            try
            {
                answer.SetResult(question(store));
            }
            catch (Exception e) when (e is not InvariantViolation)
            {
                answer.SetException(e);
            }
        });
        return answer.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    /// <summary>Called on the loop: runs something when the round of work under way is done.</summary>
    public void AfterRound(Action action) => _afterRound.Add(action);

    /// <inheritdoc/>
    public bool OnMessage(ServerId from, ReadOnlySpan<byte> message)
    {
        // Decoded on the peer's reading thread.
        var reader = new ByteReader(message);
        Timestamp sentAt = reader.Timestamp();
        if (!PeerMessageCodec.TryDecode(ref reader, out PeerMessage decoded) || !reader.IsAtEnd) return false;
        _inbox.Add(new(from, sentAt, decoded, null));
        // While nothing goes on, the routine of the others is not worth a thread switch each.
        if (!_isQuiet || !Store.MayWait(decoded)) Volatile.Write(ref _urgent, 1);
        return true;
    }

    /// <inheritdoc/>
    public void OnBatchEnd(ServerId from)
    {
        if (Interlocked.Exchange(ref _urgent, 0) == 1 || _inbox.Count > LazyEventsMax) _inbox.Wake();
        // Back-pressure: while the loop is behind, nothing more is read, and the peer drops what it cannot send.
        while (_inbox.Count > _options.WaitingEventsMax && !_stopping) Thread.Sleep(1);
    }

    /// <summary>Stops the loop, after what it is doing.</summary>
    public void Stop()
    {
        _stopping = true;
        _inbox.Wake();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        if (_thread.IsAlive) _thread.Join();
        _flusher.Dispose();
        _inbox.Dispose();
        _trace?.Dispose();
        _disk.Dispose();
    }

    private void Run()
    {
        try
        {
            Loop();
            _ended.TrySetResult();
        }
        catch (Exception e)
        {
            // A broken invariant or disk: going on could only make it worse.
            _ended.TrySetException(e);
        }
    }

    private void Loop()
    {
        long tick = _options.Store.TickMicroseconds;
        long nextTick = Microseconds() + tick;
        Settle();
        while (!_stopping)
        {
            int handled = 0;
            while (handled < _options.EventsPerRound && _inbox.TryTake(out LoopInbox.Event one))
            {
                // One event may take long, and the next was sent meanwhile: by an old reading its sender's clock is ahead.
                ReadClock();
                handled++;
                if (one.Message is not null) Store.Receive(one.From, one.SentAt, one.Message);
                else one.Action!(Store);
            }

            ReadClock();
            long now = Microseconds();
            long quiet = TicksAlways?.Invoke() == true ? 0 : Store.QuietMicroseconds;
            _isQuiet = quiet > 0;
            if (now >= nextTick && quiet == 0)
            {
                // After a pause of the process time is not made up for: one tick says that it has passed.
                nextTick = Math.Max(nextTick + tick, now + tick / 2);
                Store.Tick();
                OnTick?.Invoke();
                handled++;
            }

            if (handled == 0)
            {
                Volatile.Write(ref _lastTurn, Stopwatch.GetTimestamp());
                _inbox.Sleep(Math.Max(nextTick - now, quiet));
                continue;
            }

            Settle();
            Volatile.Write(ref _lastTurn, Stopwatch.GetTimestamp());
        }
    }

    private void Settle()
    {
        Store.Work();
        // Before anybody can act upon it: what a trace lacks because this process was killed, nobody has heard of.
        _trace?.Flush();
        if (Store.Outbox.Count > 0) SendOutbox();
        if (!_flushing && Store.Wal.HasPending)
        {
            _flushing = true;
            _bytesSinceCheckpoint += Store.Wal.PendingBytes;
            _flusher.Write(Store.Wal.BeginRound());
        }

        if (!_checkpointing && _bytesSinceCheckpoint >= _options.CheckpointEveryBytes) BeginCheckpoint();
        if (_afterRound.Count == 0) return;
        foreach (Action action in _afterRound) action();
        _afterRound.Clear();
    }

    private void SendOutbox()
    {
        foreach ((ServerId to, PeerMessage message) in Store.Outbox)
        {
            _writer.Clear();
            _writer.Timestamp(_clock.Now());
            PeerMessageCodec.Encode(_writer, message);
            _transport!.Enqueue(to, _writer.Written);
        }

        Store.Outbox.Clear();
        _transport!.Flush();
    }

    private void OnRoundWritten(WalRound round, Exception? failure) => Post(store =>
    {
        if (failure is not null) throw new IOException($"the log could not be written: {failure.Message}", failure);
        _flushing = false;
        store.Wal.CompleteRound(round);
        store.OnFlushed(store.Wal.FlushedPosition);
        if (store.Wal.WantsSpare) ThreadPool.UnsafeQueueUserWorkItem(static wal => MakeSpare(wal), store.Wal, preferLocal: false);
    });

    private static void MakeSpare(WriteAheadLog wal)
    {
        try
        {
            wal.MakeSpare();
        }
        catch (IOException)
        {
            // The disk is full: whoever needs the segment will hear of it.
        }
    }

    // Captured here, written elsewhere: the loop goes on.
    private void BeginCheckpoint()
    {
        _checkpointing = true;
        _bytesSinceCheckpoint = 0;
        StoreImage image = Store.CaptureImage();
        var writer = new Thread(() =>
        {
            Exception? failure = null;
            try
            {
                StoreCheckpoint.Write(_disk, image);
            }
            catch (IOException e)
            {
                failure = e;
            }

            Post(store =>
            {
                _checkpointing = false;
                // The checkpoint before is still good, and so is the log behind it.
                if (failure is null) store.Wal.DropBefore(image.Position);
            });
        })
        { Name = "banyan-checkpoint", IsBackground = true, Priority = ThreadPriority.BelowNormal };
        writer.Start();
    }

    private const int LazyEventsMax = 256;

    private void ReadClock() => _clock.OnWallClock(DateTime.UtcNow.Subtract(DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);

    private static long Microseconds() => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000);
}
