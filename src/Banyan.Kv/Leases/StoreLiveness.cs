using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Kv.Leases;

/// <summary>A server asks another for support until a time, or is answered how far it goes.</summary>
/// <param name="IsReply">False: a request; true: what the sender has made durable.</param>
public readonly record struct LivenessMessage(ServerId From, ServerId To, bool IsReply, ulong Epoch, Timestamp Expiration);

/// <summary>
/// Liveness between whole servers, on which the leases of all their ranges rest: one small message each way per pair and
/// heartbeat, however many ranges there are.
/// </summary>
/// <remarks>
/// <para>
/// A supporter makes (epoch, expiration) durable before it answers, and the expiration somewhat further ahead than it
/// answers: most heartbeats then cost no flush, and a restarted supporter keeps rather more than it promised. Once its
/// own clock has passed the expiration it withdraws: it counts the epoch up, so that no late heartbeat can revive what it
/// has given up, and only then may its Raft groups vote for another. Epochs belong to a pair of servers: a withdrawal by
/// one supporter says nothing about the promises of another. A restart of the requester begins a new epoch with everyone.
/// </para>
/// <para>Source: the leader leases of CockroachDB (kv-notes), with pairwise instead of shared epochs.</para>
/// </remarks>
public sealed class StoreLiveness : IStoreLiveness
{
    // The high half of an epoch is the requester's life, so that a restart outbids every withdrawal before it.
    private const int LifeShift = 32;

    private readonly ServerId _self;
    private readonly HybridClock _clock;
    private readonly LivenessOptions _options;
    private readonly SortedDictionary<ServerId, Pair> _pairs = [];
    private readonly ulong _life;
    private readonly long _opensAt;
    private Timestamp _nextHeartbeat;

    private sealed class Pair
    {
        // What we have promised the peer: durable.
        public ulong ForEpoch;
        public Timestamp ForExpiration;
        public Timestamp ForDurable; // at or above the expiration
        public bool Withdrawn = true;

        // What the peer has promised us: in memory, since a restart starts anew.
        public ulong RequestEpoch;
        public ulong FromEpoch;
        public Timestamp FromExpiration;
        public bool FromStands;
    }

    /// <summary>Starts a life. <paramref name="recovered"/> is what <see cref="EncodeDurable"/> wrote last, or empty.</summary>
    public StoreLiveness(
        ServerId self, IReadOnlyList<ServerId> servers, LivenessOptions options, HybridClock clock, ReadOnlySpan<byte> recovered)
    {
        _self = self;
        _clock = clock;
        _options = options;
        foreach (ServerId server in servers)
        {
            if (server != self) _pairs.Add(server, new());
        }

        var reader = new ByteReader(recovered);
        ulong life = 0;
        if (!recovered.IsEmpty)
        {
            life = reader.Number();
            clock.StartAbove(reader.Timestamp());
            int count = reader.Count(bytesEach: 4);
            for (int i = 0; i < count; i++)
            {
                var server = new ServerId((uint)reader.Number());
                ulong epoch = reader.Number();
                Timestamp expiration = reader.Timestamp();
                bool withdrawn = reader.Bool();
                if (!_pairs.TryGetValue(server, out Pair? pair)) continue;
                (pair.ForEpoch, pair.ForExpiration, pair.ForDurable, pair.Withdrawn) = (epoch, expiration, expiration, withdrawn);
            }

            Invariant.Holds(reader.IsAtEnd);
        }

        _life = life + 1;
        if (life > 0) _opensAt = clock.WallMicroseconds + clock.MaxOffsetMicroseconds;
        foreach (Pair pair in _pairs.Values) pair.RequestEpoch = _life << LifeShift;
        IsDirty = true;
    }

    /// <summary>Requests that may leave at once.</summary>
    public List<LivenessMessage> MessagesNow { get; } = [];

    /// <summary>Answers that may leave only once the durable part is flushed as it was when they were made.</summary>
    public List<LivenessMessage> MessagesAfterFlush { get; } = [];

    /// <summary>Whether the durable part has changed since <see cref="EncodeDurable"/>.</summary>
    public bool IsDirty { get; private set; }

    /// <inheritdoc/>
    public bool Enabled => true;

    /// <inheritdoc/>
    /// <remarks>
    /// A restart forgets how far the hybrid clock had come, and so how far this server has served: at most to what the
    /// fastest wall clock of the cluster said. Ours has passed that ε after the start. Until then no lease begins
    /// here, no vote is given (nobody else of its quorum need know of what was served), and no support is asked for (a
    /// new epoch ends the promises on which it rested).
    /// </remarks>
    public bool IsOpen => _clock.WallMicroseconds >= _opensAt;

    /// <inheritdoc/>
    public Timestamp Now => _clock.Reading;

    /// <summary>
    /// Counts up whenever support begins, ends or changes its epoch, in either direction: whoever rests on it looks again.
    /// </summary>
    public ulong Changes { get; private set; }

    /// <summary>Which life of this server this is, counted from 1.</summary>
    public ulong Life => _life;

    /// <inheritdoc/>
    public (ulong Epoch, bool Supported) SupportFor(ServerId leader)
    {
        if (leader == _self) return (1, true);
        return _pairs.TryGetValue(leader, out Pair? pair) ? (pair.ForEpoch, !pair.Withdrawn) : (0, false);
    }

    /// <inheritdoc/>
    public (ulong Epoch, Timestamp Expiration) SupportFrom(ServerId follower)
    {
        if (follower == _self) return (1, Timestamp.MaxValue);
        return _pairs.TryGetValue(follower, out Pair? pair) ? (pair.FromEpoch, pair.FromExpiration) : (0, Timestamp.Zero);
    }

    /// <summary>Whether that server has supported us, and so was reachable, within the last support interval.</summary>
    public bool IsAlive(ServerId server) => server == _self || SupportFrom(server).Expiration > _clock.Reading;

    /// <summary>When support, given or taken, runs out next. Heartbeats go along with whatever tick there is.</summary>
    public Timestamp NextDue
    {
        get
        {
            if (!IsOpen) return _clock.Reading;
            Timestamp due = Timestamp.MaxValue;
            foreach (Pair pair in _pairs.Values)
            {
                if (!pair.Withdrawn) due = Timestamp.Min(due, pair.ForExpiration.Next);
                if (pair.FromStands) due = Timestamp.Min(due, pair.FromExpiration);
            }

            return due;
        }
    }

    /// <summary>Withdraws what has expired, and asks anew when it is time.</summary>
    public void Tick()
    {
        Timestamp now = _clock.Reading;
        foreach (Pair pair in _pairs.Values)
        {
            if (pair.Withdrawn || (Mutation.Is("withdraw-support-early") ? pair.ForExpiration.Add(-350_000) : pair.ForExpiration) >= now) continue;
            pair.ForEpoch++;
            pair.Withdrawn = true;
            IsDirty = true;
            Changes++;
        }

        foreach (Pair pair in _pairs.Values)
        {
            if (!pair.FromStands || pair.FromExpiration > now) continue;
            pair.FromStands = false;
            Changes++;
        }

        if (now < _nextHeartbeat || !IsOpen) return;
        _nextHeartbeat = now.Add(_options.HeartbeatMicroseconds);
        Timestamp expiration = now.Add(_options.SupportMicroseconds);
        foreach ((ServerId server, Pair pair) in _pairs)
            MessagesNow.Add(new(_self, server, IsReply: false, pair.RequestEpoch, expiration));
    }

    /// <summary>Takes a message of a peer.</summary>
    public void Step(LivenessMessage message)
    {
        if (!_pairs.TryGetValue(message.From, out Pair? pair)) return;
        if (message.IsReply) OnReply(pair, message);
        else OnRequest(pair, message);
    }

    /// <summary>The durable part; the caller appends it to the log before the messages after the flush.</summary>
    public void EncodeDurable(ByteWriter writer)
    {
        writer.Number(_life);
        writer.Timestamp(_clock.Reading);
        writer.Number((ulong)_pairs.Count);
        foreach ((ServerId server, Pair pair) in _pairs)
        {
            writer.Number(server.Value);
            writer.Number(pair.ForEpoch);
            writer.Timestamp(pair.ForDurable);
            writer.Bool(pair.Withdrawn);
        }

        IsDirty = false;
    }

    // All at once, so that promises to several servers share a flush.
    private void PromiseFurther()
    {
        foreach (Pair pair in _pairs.Values)
        {
            if (!pair.Withdrawn) pair.ForDurable = pair.ForExpiration.Add(_options.DurableAheadMicroseconds);
        }

        IsDirty = true;
    }

    private void OnRequest(Pair pair, LivenessMessage message)
    {
        if (message.Epoch >= pair.ForEpoch && message.Expiration > _clock.Reading)
        {
            // Within an epoch a promise only grows.
            if (message.Epoch > pair.ForEpoch || message.Expiration > pair.ForExpiration)
            {
                pair.ForExpiration = message.Epoch > pair.ForEpoch
                    ? message.Expiration
                    : Timestamp.Max(message.Expiration, pair.ForExpiration);
                bool isNew = pair.Withdrawn || message.Epoch > pair.ForEpoch;
                pair.ForEpoch = message.Epoch;
                pair.Withdrawn = false;
                if (isNew) Changes++;
                if (isNew || pair.ForExpiration > pair.ForDurable) PromiseFurther();
            }
        }

        MessagesAfterFlush.Add(new(
            _self, message.From, IsReply: true, pair.ForEpoch, pair.Withdrawn ? Timestamp.Zero : pair.ForExpiration));
    }

    private void OnReply(Pair pair, LivenessMessage message)
    {
        if (message.Epoch > pair.RequestEpoch)
        {
            // The peer has withdrawn: ask again under the epoch that it now stands at.
            pair.RequestEpoch = message.Epoch;
        }

        if (message.Epoch != pair.RequestEpoch || message.Epoch < pair.FromEpoch) return;
        pair.FromExpiration = message.Epoch > pair.FromEpoch
            ? message.Expiration
            : Timestamp.Max(pair.FromExpiration, message.Expiration);
        bool stands = pair.FromExpiration > _clock.Reading;
        if (message.Epoch > pair.FromEpoch || stands != pair.FromStands) Changes++;
        pair.FromEpoch = message.Epoch;
        pair.FromStands = stands;
    }
}
