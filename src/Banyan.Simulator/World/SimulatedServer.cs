using Banyan.Kv.Images;
using Banyan.Kv.Store;
using Banyan.Primitives;
using Banyan.Simulator.Checking;
using Banyan.Storage;

namespace Banyan.Simulator.World;

/// <summary>One server of a simulated cluster: the real store on a disk in memory, and the host's part in between.</summary>
public sealed class SimulatedServer
{
    private readonly SimulatedCluster _cluster;
    private readonly SeededRandom _random;
    private readonly MemoryDisk _disk = new();
    private readonly ByteWriter _writer = new();
    private long _clockOffset;
    private long _pausedUntil;
    private HybridClock _clock = null!;
    private bool _settlesSoon;
    private WalRound? _round;
    private bool _roundIsWritten;
    private int _life;

    internal SimulatedServer(SimulatedCluster cluster, ServerId id, SeededRandom random)
    {
        _cluster = cluster;
        _random = random;
        Id = id;
        long most = cluster.Faults.ClockOffsetMax;
        _clockOffset = most == 0 ? 0 : random.NextInRange(-most, most);
    }

    /// <summary>Which one.</summary>
    public ServerId Id { get; }

    /// <summary>Its store while it is up.</summary>
    public Store? Store { get; private set; }

    /// <summary>Whether it runs.</summary>
    public bool IsUp => Store is not null;

    /// <summary>What its change feed has told in this life.</summary>
    internal FeedRecord Told { get; private set; } = new();

    /// <summary>What else the server does after every tick of its store, in this life.</summary>
    public Action? OnTick { get; set; }

    /// <summary>Whether ticks are due as usual even while the store is quiet, in this life.</summary>
    public Func<bool>? TicksAlways { get; set; }

    /// <summary>Counts starts: an event that was planned in an earlier life is void.</summary>
    public int Life => _life;

    /// <summary>Starts, from whatever is on the disk.</summary>
    public void Start()
    {
        Invariant.Holds(!IsUp);
        int life = ++_life;
        _settlesSoon = false;
        _round = null;
        _pausedUntil = 0;
        _clock = new HybridClock(_cluster.StoreOptions.MaxOffsetMicroseconds);
        ReadClock();
        StoreRecovery recovered = StoreRecovery.Open(_disk, SimulatedCluster.WalOptions, out WriteAheadLog wal);
        Store = new Store(
            Id, _cluster.ServerIds, _cluster.StoreOptions, _clock, wal, recovered, _cluster.Bootstrap, _random.Fork());
        Store.Feed.Subscribe(Told = new());
        (OnTick, TicksAlways) = (null, null);
        _cluster.OnStarted?.Invoke(this, Store);
        Settle();
        PlanTick(life);
    }

    /// <summary>Stops at once; what was not flushed may be lost, in part or whole.</summary>
    public void Crash()
    {
        Invariant.Holds(IsUp);
        _life++;
        Store = null;
        if (_round is { } round && !_roundIsWritten && _random.Chance(0.7))
        {
            // It was being written when the power went.
            _disk.FailAfter(_random.Next(4));
            try
            {
                round.Write();
            }
            catch (IOException)
            {
                // So it got that far.
            }
        }

        _round = null;
        _disk.Crash(_random);
    }

    /// <summary>Whether it stands still.</summary>
    public bool IsPaused => _cluster.Time.Now < _pausedUntil;

    /// <summary>Stands still for a while; what comes meanwhile waits.</summary>
    public void Pause(long microseconds) => _pausedUntil = _cluster.Time.Now + microseconds;

    /// <summary>Puts its clock so far off the right time, in microseconds.</summary>
    public void SetClock(long offset) => _clockOffset = offset;

    // Runs something now, or when the pause is over, unless it dies before.
    private void Unpaused(Action action)
    {
        if (!IsPaused)
        {
            action();
            return;
        }

        int life = _life;
        _cluster.Time.After(_pausedUntil - _cluster.Time.Now, () =>
        {
            if (life == _life) Unpaused(action);
        });
    }

    /// <summary>Runs something on the store's loop, then does what follows from it.</summary>
    public void Do(Action<Store> action)
    {
        if (Store is null) return;
        Unpaused(() =>
        {
            ReadClock();
            action(Store!);
            Settle();
        });
    }

    internal void Receive(ServerId from, ReadOnlyMemory<byte> message)
    {
        if (Store is null) return;
        Unpaused(() => ReceiveNow(from, message));
    }

    private void ReceiveNow(ServerId from, ReadOnlyMemory<byte> message)
    {
        ReadClock();
        var reader = new ByteReader(message.Span);
        Timestamp sentAt = reader.Timestamp();
        Invariant.Holds(PeerMessageCodec.TryDecode(ref reader, out PeerMessage decoded) && reader.IsAtEnd);
        bool isNear = Store!.Receive(from, sentAt, decoded);
        Invariant.Holds(isNear || _cluster.ClocksWereTooFar, "clocks within the bound are believed");
        if (_cluster.Faults.CoalescesArrivals) SettleSoon();
        else Settle();
    }

    // After everything else that is due at this moment.
    private void SettleSoon()
    {
        if (_settlesSoon) return;
        _settlesSoon = true;
        int life = _life;
        _cluster.Time.After(0, () =>
        {
            if (life != _life) return;
            _settlesSoon = false;
            ReadClock();
            Settle();
        });
    }

    /// <summary>Writes a checkpoint and drops the log before it.</summary>
    public void Checkpoint()
    {
        if (Store is null || _round is not null) return;
        ReadClock();
        StoreImage image = Store.CaptureImage();
        StoreCheckpoint.Write(_disk, image);
        Store.Wal.DropBefore(image.Position);
    }

    private void ReadClock() => _clock.OnWallClock(_cluster.StartOfTime + _cluster.Time.Now + _clockOffset);

    private void PlanTick(int life) => _cluster.Time.After(_cluster.StoreOptions.TickMicroseconds, () =>
    {
        if (life != _life) return;
        ReadClock();
        if (!IsPaused && (Store!.QuietMicroseconds == 0 || TicksAlways?.Invoke() == true))
        {
            Store.Tick();
            OnTick?.Invoke();
            Settle();
        }

        if (life == _life) PlanTick(life);
    });

    // What a real host does after every event.
    private void Settle()
    {
        // What it calls back may have it do more at once, and die of that.
        if (Store is not { } store) return;
        store.Work();
        if (Store != store) return;
        FaultOptions faults = _cluster.Faults;
        bool diesSending = faults.CrashWhileSending > 0 && store.Outbox.Count > 0 && _random.Chance(faults.CrashWhileSending);
        int sent = diesSending ? _random.Next(store.Outbox.Count + 1) : store.Outbox.Count;
        foreach ((ServerId to, PeerMessage message) in store.Outbox)
        {
            if (sent-- == 0) break;
            _writer.Clear();
            _writer.Timestamp(_clock.Now());
            PeerMessageCodec.Encode(_writer, message);
            _cluster.Network.Send(Id, to, _writer.ToArray());
        }

        store.Outbox.Clear();
        if (diesSending)
        {
            _cluster.CrashNow(this);
            return;
        }

        if (_round is not null || !store.Wal.HasPending) return;
        WalRound round = _round = store.Wal.BeginRound();
        _roundIsWritten = false;
        int life = _life;
        if (_cluster.Faults.DisksLie) store.OnFlushed(round.End);
        _cluster.Time.After(_random.NextInRange(_cluster.Faults.FlushMin, _cluster.Faults.FlushMax), () =>
        {
            if (life != _life) return;
            if (_cluster.Faults.FlushFails > 0 && _random.Chance(_cluster.Faults.FlushFails))
            {
                _cluster.FailedFlushes++;
                _cluster.CrashNow(this);
                return;
            }

            round.Write();
            _roundIsWritten = true;
            Unpaused(() => OnWritten(store, round));
        });
    }

    private void OnWritten(Store store, WalRound round)
    {
        store.Wal.CompleteRound(round);
        _round = null;
        if (store.Wal.WantsSpare && _random.Chance(0.1)) store.Wal.MakeSpare();
        ReadClock();
        store.OnFlushed(store.Wal.FlushedPosition);
        Settle();
    }
}
