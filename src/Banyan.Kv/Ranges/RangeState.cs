using Banyan.Kv.Commands;
using Banyan.Kv.Leases;
using Banyan.Kv.Tracing;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Raft;
using Banyan.Storage;

namespace Banyan.Kv.Ranges;

/// <summary>
/// The replicated state of one range: what the log says once it is applied. Equal logs give equal states, compared by
/// <see cref="Hash"/> on every replica.
/// </summary>
/// <remarks>
/// Nothing in here looks at a clock, a lease's validity or the network: those are the leaseholder's business
/// (<see cref="Replica"/>), before it proposes.
/// </remarks>
public sealed partial class RangeState
{
    /// <summary>A client that was not heard of for this long, in microseconds, may no longer retry.</summary>
    public const long ClientsKeptMicroseconds = 300_000_000;

    private const ulong HousekeepingEveryEntries = 1024;
    private const ulong HousekeepingEveryEntriesIfFew = 16;
    private const int FewRecords = 100;
    private const int CheckHashesKept = 1024;

    private readonly ulong[] _hashes = new ulong[CheckHashesKept];

    /// <summary>Which keys, and on which servers.</summary>
    public RangeDescriptor Descriptor { get; private set; }

    /// <summary>Who may propose.</summary>
    public Lease Lease { get; private set; } = Lease.None;

    /// <summary>Committed versions.</summary>
    public VersionedMap Versions { get; private set; }

    /// <summary>Provisional writes.</summary>
    public IntentTable Intents { get; } = new();

    /// <summary>Transactions whose anchor lies in this range.</summary>
    public SortedDictionary<TransactionId, TransactionRecord> Records { get; } = [];

    /// <summary>Transactions that recovery has barred from writing here, with the time they began.</summary>
    public SortedDictionary<TransactionId, Timestamp> Prevented { get; } = [];

    /// <summary>What clients may still ask about.</summary>
    public SortedDictionary<ulong, ClientHistory> Clients { get; } = [];

    /// <summary>Everything up to here is in the state.</summary>
    public LogIndex AppliedIndex { get; private set; }

    /// <summary>The term of the entry at <see cref="AppliedIndex"/>.</summary>
    public Term AppliedTerm { get; private set; }

    /// <summary>
    /// No later command writes at or below it. Never goes back. What was closed beside the log since may lie above it
    /// (<see cref="Store.Replica.Closed"/>).
    /// </summary>
    public Timestamp Closed { get; private set; }

    /// <summary>Transactions that began at or below it may not create a record any more: theirs may be forgotten.</summary>
    public Timestamp RecordHorizon { get; private set; }

    /// <summary>A hash over every effect so far.</summary>
    public ulong Hash { get; private set; }

    /// <summary>Versions that have been committed since this was last emptied, in order. The host drains it.</summary>
    public List<VersionEvent> Events { get; } = [];

    /// <summary>The right half of a split that was just applied; the host makes a replica of it and sets this to null.</summary>
    public RangeState? SplitOff { get; set; }

    /// <summary>An empty range.</summary>
    public RangeState(RangeDescriptor descriptor)
    {
        Descriptor = descriptor;
        Versions = new();
    }

    /// <summary>The cut at which a reader sees no half of a transaction: nothing at or below it will change.</summary>
    public Timestamp Resolved => Timestamp.Min(Closed, Intents.Oldest.Previous);

    /// <summary>Takes a closed timestamp that came beside the log, for all that is applied. Older news is ignored.</summary>
    public void OnClosed(Timestamp closed) => Closed = Timestamp.Max(Closed, closed);

    /// <summary>Applies an entry that holds no commands.</summary>
    public void ApplyEmpty(LogIndex index, Term term) => Advance(index, term);

    /// <summary>Applies the commands of one entry in order.</summary>
    /// <param name="index">The entry's index, right after <see cref="AppliedIndex"/>.</param>
    /// <param name="term">The entry's term.</param>
    /// <param name="payload">Header and commands, as <see cref="EntryBatch"/> writes them.</param>
    /// <param name="outcomes">Gets one outcome a command.</param>
    /// <param name="trace">Hears of each command; null for nobody.</param>
    public void Apply(LogIndex index, Term term, ReadOnlySpan<byte> payload, List<CommandOutcome> outcomes, IStoreTrace? trace = null)
    {
        var reader = new ByteReader(payload);
        EntryHeader header = EntryHeader.Decode(ref reader);
        Invariant.Holds(!reader.Failed);
        if (header.CheckIndex <= AppliedIndex && AppliedIndex.Value - header.CheckIndex.Value < CheckHashesKept
            && _hashes[header.CheckIndex.Value % CheckHashesKept] is var known and not 0)
        {
            // Invariant 6: equal state hash at equal applied index.
            Invariant.Holds(known == header.CheckHash);
        }

        bool valid = header.LeaseSequence == Lease.Sequence;
        for (int i = 0; i < header.Count; i++)
        {
            // The log holds only what a leaseholder encoded: bytes that do not decode are corruption.
            Invariant.Holds(CommandCodec.TryDecode(ref reader, out Command command));
            CommandOutcome outcome = command is LeaseCommand lease ? Apply(lease, term)
                : valid ? Apply(command)
                : new CommandOutcome.Void();
            outcomes.Add(outcome);
            trace?.OnApplied(this, index, i, command, outcome);
            Hash = StableHash.Add(Hash, outcome.Code);
        }

        Invariant.Holds(reader.IsAtEnd);
        if (valid && header.Closed > Closed) Closed = header.Closed;
        if (valid) RecordHorizon = Timestamp.Max(RecordHorizon, header.Closed.Add(-Lease.RecordsKeptMicroseconds));
        Advance(index, term);
        if (index.Value % (Records.Count < FewRecords ? HousekeepingEveryEntriesIfFew : HousekeepingEveryEntries) == 0) Forget();
    }

    private void Advance(LogIndex index, Term term)
    {
        Invariant.Holds(index == AppliedIndex.Next);
        Invariant.Holds(term >= AppliedTerm);
        AppliedIndex = index;
        AppliedTerm = term;
        Hash = StableHash.Add(Hash, index.Value);
        _hashes[index.Value % CheckHashesKept] = Hash;
    }

    private CommandOutcome Apply(Command command) => command switch
    {
        WriteCommand c => ApplyWrite(c),
        EndCommand c => ApplyEnd(c),
        ResolveCommand c => ApplyResolve(c),
        PreventCommand c => ApplyPrevent(c),
        HeartbeatCommand c => ApplyHeartbeat(c),
        PushAbortCommand c => ApplyPushAbort(c),
        ResolvedCommand c => ApplyResolved(c),
        FenceCommand c => ApplyFence(c),
        SplitCommand c => ApplySplit(c),
        PreferLeaderCommand c => ApplyPreferLeader(c),
        _ => new CommandOutcome.Void(),
    };

    private CommandOutcome Apply(LeaseCommand command, Term entryTerm)
    {
        // A lease is only worth the leadership in which it was proposed.
        if (command.Lease.Sequence != Lease.Sequence + 1 || command.Lease.Term != entryTerm) return new CommandOutcome.Void();
        Invariant.Holds(command.Lease.Start > Lease.Start);
        Lease = command.Lease;
        Mix(command.Lease.Sequence, command.Lease.Start);
        return new CommandOutcome.Done(command.Lease.Start);
    }

    private CommandOutcome ApplyFence(FenceCommand command)
    {
        // The answer of a half would pass for that of the whole.
        if (!Descriptor.Span.Contains(command.Span) && !Mutation.Is("fence-half-a-range")) return new CommandOutcome.Void();
        foreach (TransactionRecord record in Records.Values)
        {
            if (record.Request.IsSameRequest(command.Request) && record.Status != TransactionStatus.Aborted)
                return new CommandOutcome.Fenced(record);
        }

        ClientHistory client = Client(command.Request.Client, command.At);
        if (client.TryGet(command.Request.Sequence, out RequestOutcome outcome))
            return new CommandOutcome.AlreadyDone(outcome.Timestamp, outcome.Reply);
        client.Fence(command.Request);
        Mix(command.Request.Client, new(command.Request.Sequence));
        return new CommandOutcome.Fenced(null);
    }

    private CommandOutcome ApplySplit(SplitCommand command)
    {
        if (Descriptor.Generation != command.ExpectedGeneration) return new CommandOutcome.Void();
        if (!Descriptor.Span.Contains(command.At) || command.At == Descriptor.Span.Start) return new CommandOutcome.Void();

        var right = new RangeState(Descriptor with
        {
            Id = command.RightId,
            Span = new(command.At, Descriptor.Span.End),
            Generation = Descriptor.Generation + 1,
            PreferredLeader = command.RightPreferredLeader,
        })
        {
            Closed = Closed,
            RecordHorizon = RecordHorizon,
            Versions = Versions.SplitOff(command.At),
            // A lease of the left half means nothing on the right: its first lease starts after this one.
            Lease = new Lease(ServerId.None, 1, default, Lease.Start, Lease.RecordsKeptMicroseconds),
            AppliedIndex = FirstIndexOfSplit,
            AppliedTerm = FirstTermOfSplit,
            Hash = StableHash.Add(Hash, command.RightId.Value),
        };
        while (Intents.Count > 0 && Intents.Keys[^1] >= command.At)
        {
            Key key = Intents.Keys[^1];
            if (!Mutation.Is("cut-a-range-without-its-intents")) right.Intents.Set(key, Intents.At(Intents.Count - 1));
            Intents.Remove(key);
        }

        foreach (TransactionRecord record in Records.Values.Where(r => r.Meta.Anchor >= command.At).ToList())
        {
            Records.Remove(record.Meta.Id);
            right.Records.Add(record.Meta.Id, record);
        }

        // What bars a late message is kept on both sides: which half the message would reach is not known.
        foreach ((TransactionId id, Timestamp startedAt) in Prevented) right.Prevented.Add(id, startedAt);
        var writer = new ByteWriter();
        foreach ((ulong id, ClientHistory client) in Clients)
        {
            if (Mutation.Is("cut-a-range-without-its-clients")) break;
            writer.Clear();
            client.Encode(writer);
            var reader = new ByteReader(writer.Written);
            right.Clients.Add(id, ClientHistory.Decode(ref reader));
        }

        Descriptor = Descriptor with
        {
            Span = new(Descriptor.Span.Start, command.At),
            Generation = Descriptor.Generation + 1,
        };
        Mix(command.RightId.Value, new(Descriptor.Generation));
        SplitOff = right;
        return new CommandOutcome.Done(Timestamp.Zero);
    }

    /// <summary>The log of a range that came from a split begins after this index …</summary>
    public static readonly LogIndex FirstIndexOfSplit = new(10);

    /// <summary>… in this term: everything up to it is in the state that the split made.</summary>
    public static readonly Term FirstTermOfSplit = new(1);

    private CommandOutcome ApplyPreferLeader(PreferLeaderCommand command)
    {
        if (Descriptor.Generation != command.ExpectedGeneration) return new CommandOutcome.Void();
        Descriptor = Descriptor with { Generation = Descriptor.Generation + 1, PreferredLeader = command.Leader };
        Mix(command.Leader.Value, new(Descriptor.Generation));
        return new CommandOutcome.Done(Timestamp.Zero);
    }

    private ClientHistory Client(ulong id, Timestamp at)
    {
        if (!Clients.TryGetValue(id, out ClientHistory? client)) Clients.Add(id, client = new());
        client.LastSeen = Timestamp.Max(client.LastSeen, at);
        return client;
    }

    // Runs at the same index on every replica, and looks only at what the log says.
    private void Forget()
    {
        foreach (TransactionRecord record in Records.Values.Where(MayBeForgotten).ToList())
            Records.Remove(record.Meta.Id);
        foreach (TransactionId id in Prevented.Where(p => p.Value <= RecordHorizon).Select(p => p.Key).ToList())
            Prevented.Remove(id);
        Timestamp clientHorizon = RecordHorizon.Add(Lease.RecordsKeptMicroseconds - ClientsKeptMicroseconds);
        foreach (ulong id in Clients.Where(c => c.Value.LastSeen <= clientHorizon).Select(c => c.Key).ToList())
            Clients.Remove(id);
    }

    // A missing record means aborted to whoever meets an intent: a commit stays until no intent is left anywhere.
    private bool MayBeForgotten(TransactionRecord record) =>
        record.IsFinal && record.Meta.StartedAt <= RecordHorizon
        && (record.Status == TransactionStatus.Aborted || record.InFlight.Count == 0);

    private void Commit(Key key, Timestamp timestamp, byte[]? value)
    {
        Versions.Put(key, timestamp, value);
        Events.Add(new(key, timestamp, value));
        Hash = StableHash.Add(StableHash.Add(StableHash.Add(Hash, key.Span), timestamp.Value), value);
    }

    private void Mix(ulong what, Timestamp timestamp) => Hash = StableHash.Add(StableHash.Add(Hash, what), timestamp.Value);
}
