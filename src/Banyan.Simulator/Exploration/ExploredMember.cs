using Banyan.Primitives;
using Banyan.Raft;

namespace Banyan.Simulator.Exploration;

/// <summary>One member of a Raft group and its host: a disk of which a crash keeps what was flushed.</summary>
internal sealed class ExploredMember : IExploredPart
{
    public const int Timer = -1;
    public const int Propose = -2;
    public const int Flush = -3;
    public const int Crash = -4;

    // Timers are the exploration's: each runs out when it says so. Ticks in between change nothing that is looked at.
    private readonly RaftOptions _raftOptions = new() { ElectionTicks = 1, ResendTicks = 1, HeartbeatTicks = 1000 };
    private const int TicksOfTimerMax = 16;

    private readonly RaftExplorationOptions _options;
    private readonly Configuration _configuration;
    private readonly ServerId _self;
    private readonly ByteWriter _writer = new();
    private readonly Queue<Ready> _underWay = new();
    private readonly List<LogEntry> _durable = [];
    private List<(int, byte[])> _sent = [];
    private HardState _durableState;
    private RaftGroup _group = null!;
    private LogIndex _applied;
    private ulong _life;

    public ExploredMember(int part, Configuration configuration, RaftExplorationOptions options)
    {
        _options = options;
        _configuration = configuration;
        _self = new((uint)part + 1);
        if (options.OneEntryAMessage) _raftOptions = _raftOptions with { MessageBytesMax = 1 };
        if (options.TornLogs) TearLog(part);
        Start();
    }

    // The first led term 1 and the second term 2, each elected with the third's vote; the first has heard of it; all restarted.
    private void TearLog(int part)
    {
        _durableState = new(new(2), part == 0 ? ServerId.None : new(2), default, default, 0);
        _durable.Add(new(new(1), new(1), EntryKind.Empty, default));
        if (part == 0) _durable.Add(new(new(1), new(2), EntryKind.Command, new byte[] { 1, 1 }));
        if (part == 1) _durable.Add(new(new(2), new(2), EntryKind.Empty, default));
    }

    private void Start()
    {
        // Only who votes alone may propose in one term in two lives; elsewhere it would only tell equal states apart.
        if (_options.OneVoter) _life++;
        LogIndex last = new((ulong)_durable.Count);
        HardState state = _durableState with { Commit = LogIndex.Min(_durableState.Commit, last) };
        _applied = LogIndex.Zero;
        _group = new(
            _raftOptions, _self, _configuration, new(state, default, default, [.. _durable], default), NoStoreLiveness.Instance,
            new(1));
        Work();
    }

    public void Take(int input)
    {
        switch (input)
        {
            case Timer:
                RunOutTimer();
                break;
            case Propose:
                // Unlike any other entry, so that two that should be one are told apart.
                _writer.Clear();
                _writer.Number(_life);
                _writer.Number(_group.Term.Value);
                _writer.Number(_group.LastIndex.Value);
                Invariant.Holds(_group.TryPropose(_writer.ToArray(), out _, out _));
                break;
            case Flush:
                FlushOne();
                break;
            default:
                _underWay.Clear();
                if (_options.ForgetsVote) _durableState = _durableState with { Vote = ServerId.None };
                if (_options.LosesLastEntry && _durable.Count > 0) _durable.RemoveAt(_durable.Count - 1);
                Start();
                return;
        }

        Work();
    }

    public void Receive(byte[] message)
    {
        var reader = new ByteReader(message);
        Invariant.Holds(RaftMessageCodec.TryDecode(ref reader, out RaftMessage decoded) && reader.IsAtEnd);
        _group.Step(decoded);
        Work();
    }

    public List<(int To, byte[] Message)> TakeSent()
    {
        List<(int, byte[])> sent = _sent;
        _sent = [];
        return sent;
    }

    public object View() => new MemberView(
        _group.Role == RaftRole.Leader, _group.Term.Value, _group.CommitIndex.Value, _underWay.Count > 0,
        [.. _group.CaptureLog().Entries.Select(e => (e.Term.Value, StableHash.Add(StableHash.Add(e.Term.Value, (ulong)e.Kind), e.Payload.Span)))]);

    public ulong Hash(ulong history)
    {
        _writer.Clear();
        GroupEncoding.Encode(_group, _writer);
        _writer.Number(_life);
        Encode(_durableState);
        RaftMessageCodec.EncodeEntries(_durable, _writer);
        foreach (Ready write in _underWay)
        {
            _writer.Bool(write.HardState is not null);
            Encode(write.HardState ?? default);
            _writer.Number(write.EntriesToAppend.Count > 0 ? write.EntriesToAppend[0].Index.Value : 0);
            RaftMessageCodec.EncodeEntries(write.EntriesToAppend, _writer);
            _writer.Number((ulong)write.MessagesAfterFlush.Count);
            foreach (RaftMessage message in write.MessagesAfterFlush) message.Encode(_writer);
        }

        return StableHash.Add(0, _writer.Written);
    }

    private void Encode(HardState state)
    {
        _writer.Number(state.Term.Value);
        _writer.Number(state.Vote.Value);
        _writer.Number(state.Commit.Value);
    }

    private void RunOutTimer()
    {
        bool leads = _group.Role == RaftRole.Leader;
        for (int i = 0; i < TicksOfTimerMax && !_group.HasReady; i++)
        {
            _group.Tick();
            if (leads) return;
        }
    }

    private void Work()
    {
        while (_group.HasReady)
        {
            Ready ready = _group.TakeReady();
            Invariant.Holds(ready.SnapshotToInstall is null && ready.SnapshotRequests.Count == 0);
            foreach (RaftMessage message in ready.MessagesNow) Send(message);
            if (_options.AcknowledgesBeforeFlush) SendAll(ready.MessagesAfterFlush.Where(IsEarly));
            if (_options.LeadsBeforeFlush && ready.EntriesToAppend.Count == 0) _group.OnFlushed(ready);
            if (ready.HardState is not null || ready.EntriesToAppend.Count > 0 || (_underWay.Count > 0 && ready.Write > 0)) _underWay.Enqueue(ready);
            else OnFlushed(ready);
            foreach (LogEntry entry in ready.Committed)
            {
                Invariant.Holds(entry.Index == _applied.Next, "applied in order");
                _applied = entry.Index;
            }
        }

        Invariant.Holds(_applied == _group.CommitIndex, "what is committed is applied");
    }

    private void FlushOne()
    {
        Ready write = _underWay.Dequeue();
        if (write.HardState is { } state) _durableState = state;
        if (write.EntriesToAppend.Count > 0)
        {
            int keep = (int)write.EntriesToAppend[0].Index.Value - 1;
            Invariant.Holds(keep <= _durable.Count);
            _durable.RemoveRange(keep, _durable.Count - keep);
            _durable.AddRange(write.EntriesToAppend);
        }

        OnFlushed(write);
    }

    private void OnFlushed(Ready ready)
    {
        _group.OnFlushed(ready);
        SendAll(ready.MessagesAfterFlush.Where(m => !IsEarly(m)));
    }

    private bool IsEarly(RaftMessage message) => _options.AcknowledgesBeforeFlush && message is AppendEntriesReply;

    private void SendAll(IEnumerable<RaftMessage> messages)
    {
        foreach (RaftMessage message in messages) Send(message);
    }

    private void Send(RaftMessage message)
    {
        _writer.Clear();
        message.Encode(_writer);
        _sent.Add(((int)message.To.Value - 1, _writer.ToArray()));
    }
}

/// <summary>What the checks see of a member.</summary>
/// <param name="IsLeader">Whether it leads.</param>
/// <param name="Term">Its term.</param>
/// <param name="Commit">Its commit index.</param>
/// <param name="HasWrites">Whether a flush is under way.</param>
/// <param name="Log">The term of each entry, and a hash of it.</param>
internal sealed record MemberView(bool IsLeader, ulong Term, ulong Commit, bool HasWrites, (ulong Term, ulong Hash)[] Log);
