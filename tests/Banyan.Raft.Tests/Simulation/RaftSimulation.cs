using Banyan.Primitives;
using Banyan.Raft.Tests.Cluster;

namespace Banyan.Raft.Tests.Simulation;

/// <summary>A cluster under faults, all drawn from one seed, and then healed: it must be safe all along and agree at the end.</summary>
internal sealed class RaftSimulation
{
    private readonly SeededRandom _random;
    private readonly RaftCluster _cluster;
    private readonly SimulationOptions _options;
    private readonly List<(long At, ulong Order, RaftMessage Message)> _underWay = [];
    private readonly double _loss, _duplicates, _lateness, _crashes, _partitions, _proposals, _flushes, _batches, _compactions, _transfers;
    private readonly int _delayMax;
    private long _now;
    private ulong _sent;
    private ulong _trace;
    private int _proposed;
    private bool _isHealed;

    public RaftSimulation(ulong seed, SimulationOptions options)
    {
        _options = options;
        _random = new(seed);
        int voters = _random.Next(8) switch { 0 => 5, 1 => 4, 2 => 2, 3 when options.OnlyVoter => 1, _ => 3 };
        int learners = voters == 1 ? 2 : _random.Next(3) == 0 ? 1 : 0;
        _loss = Knob(0.3);
        _duplicates = Knob(0.3);
        _lateness = Knob(0.1);
        _crashes = Knob(0.02);
        _partitions = Knob(0.03);
        _proposals = 0.05 + Knob(0.5);
        _flushes = 0.15 + _random.NextDouble() * 0.85;
        _batches = Knob(0.8);
        _compactions = Knob(0.1);
        _transfers = Knob(0.01);
        _delayMax = 1 + _random.Next(12);
        var raft = new RaftOptions
        {
            ElectionTicks = 6 + _random.Next(10),
            HeartbeatTicks = 1 + _random.Next(4),
            ResendTicks = 4 + _random.Next(8),
            SnapshotTicks = 15 + _random.Next(30),
            MessageBytesMax = 1 + _random.Next(40),
            InFlightMessagesMax = 1 + _random.Next(6),
            InFlightBytesMax = 1 + _random.Next(100),
            UncommittedBytesMax = 50 + _random.Next(500),
            CommittedEntriesMax = 1 + _random.Next(8),
        };
        _cluster = new(voters, learners, options.Liveness, raft, seed, options.Faults, options.ConsequencesOnly) { Carrier = Carry };
        foreach (Member member in _cluster.Members) Prepare(member);
    }

    public RaftCluster Cluster => _cluster;

    public int Elections => _cluster.Checker.Elections;

    public LogIndex Committed => _cluster.Checker.Committed;

    /// <summary>Runs to the end; returns a hash over all that happened.</summary>
    public ulong Run()
    {
        for (int i = 0; i < _options.Steps; i++) Step();
        Heal();
        LogIndex target = _cluster.Checker.Committed.Next;
        for (int i = 0; i < 3000; i++)
        {
            Step();
            if (HasConverged(target)) break;
        }

        if (!HasConverged(target)) throw new RaftViolation("a healed cluster converges", Status());
        _cluster.Checker.CheckLogs();
        return _trace;
    }

    private void Step()
    {
        _now++;
        _cluster.Microseconds += 1000;
        if (!_isHealed) BreakSomething();
        foreach (Member member in _cluster.Up)
        {
            member.Liveness?.Tick();
            if (_isHealed || _random.Chance(0.9)) member.Tick();
        }

        Deliver();
        foreach (Member member in _cluster.Up)
        {
            if (member.Group.Role == RaftRole.Leader && _random.Chance(_isHealed ? 0.05 : _proposals) && member.TryPropose("p" + _proposed)) _proposed++;
            // Not at once: several messages may come before the host gets to work.
            if (_isHealed || !_random.Chance(_batches)) member.Work();
            while (member.Disk.UnderWay > 0 && (_isHealed || _random.Chance(_flushes))) member.FlushOne();
            if (_random.Chance(_compactions)) member.Compact(new((ulong)_random.NextInRange(0, (long)member.Applied.Index.Value)));
        }

        foreach (Member member in _cluster.Up) Trace(member.Group.Term.Value, member.Group.CommitIndex.Value, member.Applied.Hash);
    }

    private void BreakSomething()
    {
        foreach (Member member in _cluster.Members)
        {
            if (member.IsUp && _random.Chance(_crashes)) member.Crash(_random.Next(member.Disk.UnderWay + 1));
            else if (!member.IsUp && _random.Chance(0.1)) Start(member);
            if (member.IsUp && member.Group.Role == RaftRole.Leader && _random.Chance(_transfers))
                member.Group.TransferLeadership(new(1 + (uint)_random.Next(_cluster.Configuration.Voters.Length)));
            if (member.IsUp && _random.Chance(_transfers * 0.3)) member.Group.Campaign();
        }

        if (!_random.Chance(_partitions)) return;
        _cluster.Heal();
        uint[] ids = [.. _cluster.Members.Select(m => m.Id.Value)];
        switch (_random.Next(4))
        {
            case 0:
                uint[] one = [.. ids.Where(_ => _random.Chance(0.5))];
                _cluster.Partition(one, [.. ids.Except(one)]);
                break;
            case 1:
                // One way only.
                foreach (uint from in ids)
                {
                    foreach (uint to in ids)
                    {
                        if (from != to && _random.Chance(0.25)) _cluster.Cut(new(from), new(to));
                    }
                }

                break;
            case 2:
                _cluster.Isolate(ids[_random.Next(ids.Length)]);
                break;
            default:
                break;
        }
    }

    private void Heal()
    {
        _isHealed = true;
        _cluster.Heal();
        foreach (Member member in _cluster.Members)
        {
            if (!member.IsUp) Start(member);
            if (member.Liveness is { } liveness) liveness.LossOfRequests = 0;
        }
    }

    private void Start(Member member)
    {
        member.Start();
        Prepare(member);
    }

    private void Prepare(Member member)
    {
        member.HoldsFlushes = true;
        if (member.Liveness is { } liveness) liveness.LossOfRequests = _loss;
    }

    private void Carry(RaftMessage message)
    {
        if (!_isHealed && _random.Chance(_loss)) return;
        int copies = !_isHealed && _random.Chance(_duplicates) ? 2 : 1;
        for (int i = 0; i < copies; i++)
        {
            long delay = _isHealed ? 1 : 1 + _random.Next(_delayMax);
            if (!_isHealed && _random.Chance(_lateness)) delay += _random.Next(300);
            _underWay.Add((_now + delay, _sent++, message));
        }
    }

    private void Deliver()
    {
        List<(long At, ulong Order, RaftMessage Message)> due = [.. _underWay.Where(m => m.At <= _now).OrderBy(m => m.At).ThenBy(m => m.Order)];
        _underWay.RemoveAll(m => m.At <= _now);
        foreach ((_, _, RaftMessage message) in due)
        {
            Member to = _cluster[message.To];
            if (to.IsUp && !_cluster.IsCut(message.From, message.To)) to.Step(message);
        }
    }

    private bool HasConverged(LogIndex target)
    {
        Member first = _cluster.Members.First();
        return _cluster.Up.Count(m => m.Group.Role == RaftRole.Leader) == 1
            && first.Applied.Index >= target
            && _cluster.Members.All(m => m.Group.LastIndex == first.Group.LastIndex && m.Applied.Index == m.Group.LastIndex
                && m.Applied.Hash == first.Applied.Hash && m.Group.Leader == first.Group.Leader);
    }

    private string Status() => string.Join("; ", _cluster.Members.Select(m =>
        $"{m.Id} {m.Group.Role} {m.Group.Term} leader {m.Group.Leader} last {m.Group.LastIndex} commit {m.Group.CommitIndex} applied {m.Applied.Index} under way {m.Disk.UnderWay}"));

    // Half of the runs lack a given fault altogether: faults together hide what each alone would show.
    private double Knob(double max) => _random.Chance(0.4) ? 0 : _random.NextDouble() * max;

    private void Trace(ulong a, ulong b, ulong c) => _trace = StableHash.Add(StableHash.Add(StableHash.Add(_trace, a), b), c);
}
