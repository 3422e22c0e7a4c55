using Banyan.Kv.Commands;
using Banyan.Kv.Ranges;
using Banyan.Kv.Requests;
using Banyan.Kv.Store;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Storage;

namespace Banyan.Simulator.Exploration;

/// <summary>
/// A real store whose disk is always done at once and whose clock stands still, but for what messages tell it. Two of them
/// hold one range each, alone, so that they lead it from the start; one coordinates a write to both; one reads both.
/// </summary>
internal sealed class ExploredStore : IExploredPart
{
    public const int Begin = -1;
    public const int Crash = -2;
    public const int Resend = -3;

    public const int Coordinator = 0;
    public const int Anchor = 1;
    public const int Other = 2;
    public const int Reader = 3;

    public const int Count = 4;

    private const long StartOfTime = 1_700_000_000_000_000;
    private const ulong DownSeed = 0xD07;
    private const long ResendMicroseconds = 1_000;

    /// <summary>The two keys, one in each range.</summary>
    public static readonly Key KeyA = Key.Of("a");

    public static readonly Key KeyB = Key.Of("z");

    private static readonly Key _cut = Key.Of("m");
    private static readonly ServerId[] _servers = [new(1), new(2), new(3), new(4)];

    private static readonly List<RangeDescriptor> _ranges =
    [
        new(new(1), new(Key.Min, _cut), 1, [new(Anchor + 1)], new(Anchor + 1)),
        new(new(2), new(_cut, Key.Max), 1, [new(Other + 1)], new(Other + 1)),
    ];

    private readonly CommitExplorationOptions _options;
    private readonly int _part;
    private readonly ByteWriter _writer = new();
    private readonly HybridClock _clock;
    private readonly Store _store;
    private List<(int, byte[])> _sent = [];
    private long _wall;
    private bool _hasBegun;
    private ulong _lateNumber;

    public ExploredStore(int part, CommitExplorationOptions options)
    {
        _options = options;
        _part = part;
        var storeOptions = new StoreOptions
        {
            // Whoever meets an intent judges its transaction at once, however lively its coordinator is.
            TransactionExpiryMicroseconds = -1_000_000,
            ResendMicroseconds = ResendMicroseconds,
            TransactionHeartbeatMicroseconds = ResendMicroseconds,
        };
        _clock = new(storeOptions.MaxOffsetMicroseconds);
        // The reader's clock is a little ahead: what it has read first, pushes the writes up.
        _wall = StartOfTime + (part == Reader ? 5_000 : 0);
        _clock.OnWallClock(_wall);
        StoreRecovery recovered = StoreRecovery.Open(new MemoryDisk(), new() { SegmentBytes = 1 << 16, BufferBytes = 1 << 10 }, out WriteAheadLog wal);
        _store = new(_servers[part], _servers, storeOptions, _clock, wal, recovered, _ranges, new((ulong)part + 1));
        foreach (RangeDescriptor range in _ranges) _store.Directory.Learn(new(range, range.PreferredLeader, 1));
        Settle();
        // The lease of a range begins with a tick; what is sent to keep other things going may as well be lost.
        if (part is Anchor or Other) TickAndSettle();
        _sent.Clear();
        Invariant.Holds(part is not (Anchor or Other) || _store.Replicas.Values.Single().HoldsLeaseAt(Timestamp.Zero));
    }

    public TransactionOutcome? Outcome { get; private set; }

    public bool IsDown { get; private set; }

    public (bool A, bool B)? Seen { get; private set; }

    public Store Store => _store;

    public void Take(int input)
    {
        switch (input)
        {
            case Begin:
                BeginWork();
                break;
            case Crash:
                IsDown = true;
                return;
            default:
                PassTime(2 * ResendMicroseconds);
                _store.Tick();
                break;
        }

        Settle();
    }

    /// <summary>Lets time go by and ticks, for the end of a path.</summary>
    public void Tick(long microseconds)
    {
        PassTime(microseconds);
        TickAndSettle();
    }

    private void PassTime(long microseconds) => _clock.OnWallClock(_wall += microseconds);

    public void Receive(byte[] message)
    {
        if (IsDown) return;
        var reader = new ByteReader(message);
        var from = new ServerId((uint)reader.Number());
        Timestamp sentAt = reader.Timestamp();
        Invariant.Holds(PeerMessageCodec.TryDecode(ref reader, out PeerMessage decoded) && reader.IsAtEnd);
        if (_options.RecoversWithoutPreventing
            && decoded is PeerMessage.OfRequest { Body: CommandBody { Command: PreventCommand prevent } } request)
        {
            bool stands = prevent.Writes.All(w => State!.Intents.TryGet(w.Key, out Intent intent)
                && intent.Meta.Id == prevent.Meta.Id && intent.Timestamp <= prevent.Timestamp);
            _store.Outbox.Add((from, new PeerMessage.OfReply(request.Number, new ReplyBody.Applied(new CommandOutcome.Found(stands)))));
        }
        else
        {
            Invariant.Holds(_store.Receive(from, sentAt, decoded));
        }

        Settle();
    }

    public List<(int To, byte[] Message)> TakeSent()
    {
        List<(int, byte[])> sent = _sent;
        _sent = [];
        return sent;
    }

    /// <remarks>A store has more inside than can be looked at: two are equal here only if they have been told the same.</remarks>
    public ulong Hash(ulong history)
    {
        if (!IsDown) return history;
        // Of one that is down only its answer is left.
        ulong answer = Outcome is TransactionOutcome.Committed committed ? committed.Timestamp.Value : Outcome is null ? 1UL : 2;
        return StableHash.Add(DownSeed, answer);
    }

    public object View()
    {
        RangeState? state = State;
        TransactionRecord? record = state?.Records.Values.FirstOrDefault(); // of the first attempt
        Intent? intent = state is { Intents.Count: > 0 } ? state.Intents.At(0) : null;
        return new StoreView(
            IsDown, _hasBegun, _store.Coordinator.Restarts, Outcome, Seen, record?.Status ?? TransactionStatus.None, record?.Timestamp ?? default,
            intent?.Timestamp ?? default, VersionOf(state));
    }

    private RangeState? State => _store.Replicas.Count == 0 ? null : _store.Replicas.Values.Single().State;

    private Timestamp VersionOf(RangeState? state) =>
        state?.Versions.NewestTimestamp(_part == Anchor ? KeyA : KeyB) ?? Timestamp.Zero;

    private void BeginWork()
    {
        _hasBegun = true;
        if (_part == Reader)
        {
            _store.Coordinator.Run(new ReadBoth(this), RequestId.None, 0, outcome => Outcome = outcome);
            return;
        }

        Condition[] conditions = _options.HasConditions
            ? [new(KeyA, ConditionKind.Absent), new(KeyB, ConditionKind.Absent)]
            : [];
        _store.Coordinator.OneShot(
            conditions, [new(KeyA, [1], 1), new(KeyB, [2], 2)], RequestId.None, 0, outcome => Outcome = outcome);
    }

    private sealed class ReadBoth(ExploredStore owner) : ITransactionBody
    {
        public ReadOnlyMemory<byte> Reply => default;

        public IEnumerable<TransactionStep> Run(Transaction transaction)
        {
            GetStep get = transaction.Get(owner._options.Reads switch
            {
                ReaderKeys.Anchor => [KeyA],
                ReaderKeys.Other => [KeyB],
                _ => [KeyA, KeyB],
            });
            yield return get;
            owner.Seen = (get.Values[0] is not null, get.Values[^1] is not null);
        }
    }

    private void TickAndSettle()
    {
        _store.Tick();
        Settle();
    }

    private void Settle()
    {
        _store.Work();
        while (_store.Wal.HasPending)
        {
            WalRound round = _store.Wal.BeginRound();
            round.Write();
            _store.Wal.CompleteRound(round);
            _store.OnFlushed(_store.Wal.FlushedPosition);
            _store.Work();
        }

        foreach ((ServerId to, PeerMessage message) in _store.Outbox.ToArray())
        {
            // Nobody follows these ranges, and nobody's lease rests on another server.
            if (message is not (PeerMessage.OfRequest or PeerMessage.OfReply)) continue;
            Send(to, message);
            if (_options.ResolvesTooEarly && _part == Coordinator
                && message is PeerMessage.OfRequest { Body: CommandBody { Command: EndCommand { Commit: true } end } })
            {
                Send(_servers[Other], new PeerMessage.OfRequest(
                    ulong.MaxValue - _lateNumber++, _ranges[1].Id,
                    new CommandBody(KeyB, new ResolveCommand(end.Meta.Id, true, end.Timestamp, [KeyB]))));
            }
        }

        _store.Outbox.Clear();
    }

    private void Send(ServerId to, PeerMessage message)
    {
        _writer.Clear();
        _writer.Number(_store.Self.Value);
        _writer.Timestamp(_clock.Now());
        PeerMessageCodec.Encode(_writer, message);
        _sent.Add(((int)to.Value - 1, _writer.ToArray()));
    }
}

/// <summary>What the checks see of a store.</summary>
internal sealed record StoreView(
    bool IsDown, bool HasBegun, long Restarts, TransactionOutcome? Outcome, (bool A, bool B)? Seen, TransactionStatus Status, Timestamp RecordAt,
    Timestamp IntentAt, Timestamp VersionAt);
