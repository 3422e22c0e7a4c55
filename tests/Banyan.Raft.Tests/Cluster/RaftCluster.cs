using Banyan.Primitives;

namespace Banyan.Raft.Tests.Cluster;

/// <summary>Some members in one process, without clocks, threads and sockets; every claim is checked at every step.</summary>
internal sealed class RaftCluster
{
    private readonly SortedDictionary<ServerId, Member> _members = [];
    private readonly SortedSet<(ServerId From, ServerId To)> _cut = [];
    private readonly ByteWriter _writer = new();

    public RaftCluster(
        int voters, int learners = 0, bool liveness = false, RaftOptions? options = null, ulong seed = 1,
        ClusterFaults faults = ClusterFaults.None, bool consequencesOnly = false)
    {
        Random = new(seed);
        Options = options ?? new() { ElectionTicks = 10, HeartbeatTicks = 3, ResendTicks = 6, SnapshotTicks = 30 };
        Faults = faults;
        Configuration = new(
            [.. Enumerable.Range(1, voters).Select(i => new ServerId((uint)i))], [],
            [.. Enumerable.Range(voters + 1, learners).Select(i => new ServerId((uint)i))]);
        Checker = new(this, consequencesOnly);
        foreach (ServerId id in Configuration.Members())
            _members.Add(id, new(this, id) { Liveness = liveness ? new(this, id) : null });
        foreach (Member member in _members.Values) member.Start();
    }

    public RaftOptions Options { get; }

    public SeededRandom Random { get; }

    public ClusterFaults Faults { get; }

    public Configuration Configuration { get; }

    public RaftChecker Checker { get; }

    public ITrace? Trace { get; set; }

    /// <summary>The clock of all servers, in microseconds.</summary>
    public long Microseconds { get; set; } = 1000;

    public Timestamp Now => Timestamp.FromMicroseconds(Microseconds);

    public IEnumerable<Member> Members => _members.Values;

    public IEnumerable<Member> Up => _members.Values.Where(m => m.IsUp);

    /// <summary>Messages under way, in the order in which they were sent.</summary>
    public List<RaftMessage> Network { get; } = [];

    /// <summary>Is handed each message in place of <see cref="Network"/>, if set.</summary>
    public Action<RaftMessage>? Carrier { get; set; }

    public Member this[uint id] => _members[new(id)];

    public Member this[ServerId id] => _members[id];

    /// <summary>The leader of the highest term; an error if there is none.</summary>
    public Member Leader => Up.Where(m => m.Group.Role == RaftRole.Leader).MaxBy(m => m.Group.Term.Value)!;

    public void Send(Member from, RaftMessage message, bool afterFlush)
    {
        Checker.OnSent(from, message);
        Trace?.OnSent(message, afterFlush);
        if (_cut.Contains((message.From, message.To))) return;
        // Through the codec, so that every run tests it.
        _writer.Clear();
        message.Encode(_writer);
        var reader = new ByteReader(_writer.Written);
        Assert.True(RaftMessageCodec.TryDecode(ref reader, out RaftMessage decoded) && reader.IsAtEnd);
        if (Carrier is { } carrier) carrier(decoded);
        else Network.Add(decoded);
    }

    public bool IsCut(ServerId from, ServerId to) => _cut.Contains((from, to));

    /// <summary>Nothing passes any more from one to the other; what is under way does.</summary>
    public void Cut(ServerId from, ServerId to) => _cut.Add((from, to));

    public void Isolate(uint id)
    {
        foreach (Member other in Members)
        {
            if (other.Id.Value == id) continue;
            Cut(new(id), other.Id);
            Cut(other.Id, new(id));
        }
    }

    /// <summary>Only members of the same group hear each other.</summary>
    public void Partition(params uint[][] groups)
    {
        Heal();
        foreach (Member a in Members)
        {
            foreach (Member b in Members)
            {
                if (a != b && !groups.Any(g => g.Contains(a.Id.Value) && g.Contains(b.Id.Value))) Cut(a.Id, b.Id);
            }
        }
    }

    public void Heal() => _cut.Clear();

    /// <summary>Lets every member work, and delivers what is under way, until nothing is.</summary>
    public void Settle()
    {
        for (int round = 0; round < 1000; round++)
        {
            foreach (Member member in Up) member.Work();
            if (Network.Count == 0) return;
            RaftMessage message = Network[0];
            Network.RemoveAt(0);
            if (this[message.To].IsUp) this[message.To].Step(message);
        }

        throw new InvalidOperationException("the members never stop talking");
    }

    /// <summary>Ticks everybody and settles, so many times.</summary>
    public void Tick(int ticks = 1)
    {
        for (int i = 0; i < ticks; i++)
        {
            Microseconds += 1000;
            foreach (Member member in Up) member.Liveness?.Tick();
            foreach (Member member in Up) member.Tick();
            Settle();
        }
    }

    /// <summary>Makes a member lead, however long it takes.</summary>
    public void Elect(uint id)
    {
        for (int i = 0; i < 100 && this[id].Group.Role != RaftRole.Leader; i++)
        {
            this[id].Group.Campaign();
            Settle();
            if (this[id].Group.Role != RaftRole.Leader) Tick();
        }

        Assert.Equal(RaftRole.Leader, this[id].Group.Role);
    }

    public void Propose(uint id, params string[] payloads)
    {
        foreach (string payload in payloads) Assert.True(this[id].TryPropose(payload));
    }
}
