using Banyan.Kv.Tracing;
using Banyan.Simulator.World;

namespace Banyan.Simulator;

/// <summary>How a run differs from what its seed alone would make of it.</summary>
public sealed record RunOptions
{
    /// <summary>What goes wrong; null for a mix that the seed decides, with the stores' knobs and rare ways at random as well.</summary>
    public FaultOptions? Faults { get; init; }

    /// <summary>Changes the mix that the seed has decided, for a hunt of something that most mixes hardly ever meet; null for nothing.</summary>
    public Func<FaultOptions, FaultOptions>? Tune { get; init; }

    /// <summary>Servers of the cluster, <see cref="ServersMin"/> to <see cref="ServersMax"/>; null for three or five, as the seed decides.</summary>
    public int? Servers { get; init; }

    /// <summary>The fewest servers that a run can be told to have.</summary>
    public const int ServersMin = 1;

    /// <summary>The most servers that a run can be told to have.</summary>
    public const int ServersMax = 9;

    /// <summary>Kinds of faults (<see cref="FaultKinds"/>) that the run is spared.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>Hears every protocol step, given the run's virtual time; null for nobody.</summary>
    public Func<VirtualTime, IStoreTrace>? Trace { get; init; }

    /// <summary>Called with the cluster before it starts, for tests that look inside.</summary>
    public Action<SimulatedCluster>? Watch { get; init; }
}
