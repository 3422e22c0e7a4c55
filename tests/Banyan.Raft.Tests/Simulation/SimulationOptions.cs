using Banyan.Raft.Tests.Cluster;

namespace Banyan.Raft.Tests.Simulation;

/// <summary>What a run is to be; all other knobs are drawn from its seed.</summary>
internal sealed record SimulationOptions
{
    public bool Liveness { get; init; }

    public int Steps { get; init; } = 900;

    /// <summary>Also groups of one voter with learners.</summary>
    public bool OnlyVoter { get; init; } = true;

    public ClusterFaults Faults { get; init; }

    public bool ConsequencesOnly { get; init; }
}
