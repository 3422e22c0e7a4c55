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

    /// <summary>Kinds of faults (<see cref="FaultKinds"/>) that the run is spared.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>Hears every protocol step, given the run's virtual time; null for nobody.</summary>
    public Func<VirtualTime, IStoreTrace>? Trace { get; init; }

    /// <summary>Called with the cluster before it starts, for tests that look inside.</summary>
    public Action<SimulatedCluster>? Watch { get; init; }
}
