using System.Collections.Immutable;
using Banyan.Kv.Ranges;
using Banyan.Kv.Store;
using Banyan.Primitives;
using Banyan.Storage;

namespace Banyan.Simulator.World;

/// <summary>A whole cluster in one thread under virtual time: real stores, pretended time, network and disks.</summary>
public sealed class SimulatedCluster
{
    internal static readonly WalOptions WalOptions = new() { SegmentBytes = 256 * 1024, BufferBytes = 4 * 1024 };

    private readonly SeededRandom _random;
    private readonly SortedDictionary<ServerId, SimulatedServer> _servers = [];

    /// <summary>Makes a cluster; <see cref="Start"/> starts it.</summary>
    /// <param name="seed">Decides everything that is left to chance.</param>
    /// <param name="servers">How many.</param>
    /// <param name="cuts">Where the key space is cut into ranges at the start.</param>
    /// <param name="faults">What goes wrong.</param>
    /// <param name="storeOptions">The stores' knobs.</param>
    /// <param name="time">The clock of the run, if somebody else looks at it as well.</param>
    public SimulatedCluster(
        ulong seed, int servers, IReadOnlyList<Key> cuts, FaultOptions faults, StoreOptions? storeOptions = null, VirtualTime? time = null)
    {
        _random = new(seed);
        Time = time ?? new();
        Faults = faults;
        StoreOptions = storeOptions ?? new();
        Probes = StoreOptions.Probes as SimulatedProbes;
        Network = new(this, _random.Fork());
        for (uint i = 1; i <= servers; i++) _servers.Add(new(i), new(this, new(i), _random.Fork()));
        ServerIds = [.. _servers.Keys];
        Bootstrap = MakeBootstrap([.. ServerIds], cuts);
    }

    /// <summary>Microseconds since the Unix epoch at which virtual time begins.</summary>
    public long StartOfTime { get; } = 1_700_000_000_000_000;

    /// <summary>The clock of the run.</summary>
    public VirtualTime Time { get; }

    /// <summary>What goes wrong; may be changed in the middle of a run.</summary>
    public FaultOptions Faults { get; set; }

    /// <summary>A fixed delay for each pair of servers, in place of a random one.</summary>
    public Func<ServerId, ServerId, long>? Latency { get; set; }

    /// <summary>The stores' knobs.</summary>
    public StoreOptions StoreOptions { get; }

    /// <summary>Rare ways and rare states, if the stores' knobs carry them.</summary>
    public SimulatedProbes? Probes { get; }

    /// <summary>Between the servers.</summary>
    public SimulatedNetwork Network { get; }

    /// <summary>All servers.</summary>
    public ImmutableArray<ServerId> ServerIds { get; }

    /// <summary>The first ranges.</summary>
    public IReadOnlyList<RangeDescriptor> Bootstrap { get; }

    /// <summary>All servers, up or not.</summary>
    public IEnumerable<SimulatedServer> Servers => _servers.Values;

    /// <summary>One of them.</summary>
    public SimulatedServer Server(ServerId id) => _servers[id];

    /// <summary>Starts every server, and the faults.</summary>
    public void Start()
    {
        foreach (SimulatedServer server in _servers.Values) server.Start();
        Plan(f => f.CrashEvery, CrashOne);
        Plan(f => f.PartitionEvery, Partition);
        Plan(f => f.CheckpointEvery, () => Any(up: true)?.Checkpoint());
        Plan(f => f.SplitEvery, () => OnSplitDue?.Invoke());
        Plan(f => f.ClogEvery, Clog);
        Plan(f => f.PauseEvery, Pause);
        Plan(f => f.ClockJumpEvery, JumpClock);
    }

    /// <summary>Called when a range should be cut; whoever knows the keys does it.</summary>
    public Action? OnSplitDue { get; set; }

    /// <summary>Called with every server that starts, before its store does anything.</summary>
    public Action<SimulatedServer, Store>? OnStarted { get; set; }

    /// <summary>How many crashes there were.</summary>
    public int Crashes { get; private set; }

    /// <summary>How many ranges were cut.</summary>
    public int Splits { get; internal set; }

    /// <summary>How many partitions there were.</summary>
    public int Partitions { get; private set; }

    /// <summary>How many servers stood still for a while.</summary>
    public int Pauses { get; private set; }

    /// <summary>How many clocks jumped.</summary>
    public int ClockJumps { get; private set; }

    /// <summary>How many flushes failed.</summary>
    public int FailedFlushes { get; internal set; }

    /// <summary>Whether a clock has ever been further off than the cluster was promised.</summary>
    public bool ClocksWereTooFar { get; private set; }

    /// <summary>Ends all faults and starts whoever is down: from here on the cluster must get everything done.</summary>
    public void Heal()
    {
        Faults = Faults with
        {
            Loss = 0,
            Duplication = 0,
            CrashEvery = 0,
            PartitionEvery = 0,
            SplitEvery = 0,
            ClogEvery = 0,
            PauseEvery = 0,
            ClockJumpEvery = 0,
            CrashWhileSending = 0,
            FlushFails = 0,
            ConnectionFaultEvery = 0,
        };
        if (Probes is not null) Probes.IsOn = false;
        Network.Heal();
        if (ClocksWereTooFar)
        {
            foreach (SimulatedServer server in _servers.Values) server.SetClock(0);
        }

        foreach (SimulatedServer server in _servers.Values)
        {
            if (!server.IsUp) server.Start();
        }
    }

    /// <summary>A server, by chance; null if there is none.</summary>
    public SimulatedServer? Any(bool up)
    {
        SimulatedServer[] candidates = [.. _servers.Values.Where(s => s.IsUp == up)];
        return candidates.Length == 0 ? null : candidates[_random.Next(candidates.Length)];
    }

    private void Plan(Func<FaultOptions, long> every, Action happens)
    {
        long mean = every(Faults);
        if (mean == 0) return;
        Time.After(_random.NextInRange(mean / 2, mean * 3 / 2), () =>
        {
            if (every(Faults) == 0) return;
            happens();
            Plan(every, happens);
        });
    }

    private void CrashOne()
    {
        if (Any(up: true) is { } server) CrashNow(server);
    }

    private void Clog()
    {
        ServerId from = ServerIds[_random.Next(ServerIds.Length)];
        ServerId to = ServerIds[_random.Next(ServerIds.Length)];
        Network.Clog(from, to, Time.Now + _random.NextInRange(1_000, Faults.ClogMax));
    }

    private void Pause()
    {
        if (Any(up: true) is not { } server) return;
        Pauses++;
        server.Pause(_random.NextInRange(1_000, Faults.PauseMax));
    }

    private void JumpClock()
    {
        SimulatedServer server = _servers[ServerIds[_random.Next(ServerIds.Length)]];
        ClockJumps++;
        bool tooFar = _random.Chance(Faults.ClockJumpsTooFar);
        ClocksWereTooFar |= tooFar;
        long most = tooFar ? 4 * StoreOptions.MaxOffsetMicroseconds : Faults.ClockOffsetMax;
        server.SetClock(most == 0 ? 0 : _random.NextInRange(-most, most));
    }

    internal void CrashNow(SimulatedServer server)
    {
        Crashes++;
        server.Crash();
        int life = server.Life;
        Time.After(_random.NextInRange(1_000, Faults.DownMax), () =>
        {
            if (server.Life == life && !server.IsUp) server.Start();
        });
    }

    private void Partition()
    {
        Partitions++;
        ServerId alone = ServerIds[_random.Next(ServerIds.Length)];
        int direction = _random.Next(3);
        foreach (ServerId other in ServerIds)
        {
            if (other == alone) continue;
            if (direction != 1) Network.Cut(alone, other);
            if (direction != 2) Network.Cut(other, alone);
        }

        Time.After(_random.NextInRange(10_000, Faults.PartitionMax), Network.Heal);
    }

    private static List<RangeDescriptor> MakeBootstrap(ImmutableArray<ServerId> members, IReadOnlyList<Key> cuts)
    {
        var ranges = new List<RangeDescriptor>();
        for (int i = 0; i <= cuts.Count; i++)
        {
            Key start = i == 0 ? Key.Min : cuts[i - 1];
            Key end = i == cuts.Count ? Key.Max : cuts[i];
            ranges.Add(new(new((ulong)i + 1), new(start, end), 1, members, members[i % members.Length]));
        }

        return ranges;
    }
}
