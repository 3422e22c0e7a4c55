using Banyan.Primitives;
using Banyan.Simulator.Checking;
using Banyan.Simulator.World;

namespace Banyan.Simulator.Workloads;

/// <summary>What clients do in a run, and how to tell whether they were served right.</summary>
public interface IWorkload
{
    /// <summary>Where the key space is cut at the start.</summary>
    IReadOnlyList<Key> Cuts { get; }

    /// <summary>
    /// Whether its checks hold even if clocks are further apart than the cluster was promised: then a read may be stale,
    /// though never inconsistent.
    /// </summary>
    bool StandsStaleReads => false;

    /// <summary>Where a range may be cut in the middle of the run.</summary>
    Key AnyCut(SeededRandom random);

    /// <summary>Starts the clients; they stop by themselves after so many operations in all.</summary>
    void Start(SimulatedCluster cluster, SeededRandom random, int operations);

    /// <summary>Starts nothing new; what runs goes on to its end.</summary>
    void Stop();

    /// <summary>Whether every operation has an outcome.</summary>
    bool IsDone { get; }

    /// <summary>Operations with an outcome so far.</summary>
    int Operations { get; }

    /// <summary>Operations that committed.</summary>
    int Commits { get; }

    /// <summary>How often each kind of outcome came, with its reason.</summary>
    IReadOnlyDictionary<string, int> Outcomes { get; }

    /// <summary>Looks at what the clients were told, and at what the cluster holds in the end.</summary>
    void Check(CommittedHistory history, List<string> violations);
}
