using Banyan.Kv.Store;
using Banyan.Primitives;
using Banyan.Simulator.World;
using Banyan.Storage;

namespace Banyan.Simulator.Checking;

/// <summary>Looks into the servers' copies of ranges.</summary>
internal static class Replicas
{
    /// <summary>Whether every range is served, all its copies have applied the whole log, and no transaction is half done.</summary>
    public static bool AreSettled(SimulatedCluster cluster)
    {
        foreach (RangeId range in cluster.Servers.First().Store!.Replicas.Keys)
        {
            // What stands in the logs of a majority is committed only once somebody leads: it may have been acknowledged.
            if (!cluster.Servers.Any(s => s.Store!.Replicas.TryGetValue(range, out Replica? replica) && IsServedBy(replica))) return false;
        }

        Store first = cluster.Servers.First().Store!;
        foreach (SimulatedServer server in cluster.Servers)
        {
            Store store = server.Store!;
            if (store.Coordinator.RunningCount > 0 || store.Replicas.Count != first.Replicas.Count) return false;
            foreach ((RangeId id, Replica replica) in store.Replicas)
            {
                if (!first.Replicas.TryGetValue(id, out Replica? other)) return false;
                if (!replica.IsInitialized || replica.State.AppliedIndex != other.State.AppliedIndex) return false;
                if (replica.State.Intents.Count > 0) return false;
            }
        }

        return true;
    }

    private static bool IsServedBy(Replica replica) =>
        replica.IsInitialized && replica.HoldsLeaseAt(Timestamp.Zero) && replica.State.AppliedIndex == replica.Log.LastIndex;

    /// <summary>Every copy of a range holds the same.</summary>
    public static void Compare(SimulatedCluster cluster, List<string> violations)
    {
        Store first = cluster.Servers.First().Store!;
        foreach (SimulatedServer server in cluster.Servers)
        {
            foreach ((RangeId id, Replica replica) in server.Store!.Replicas)
            {
                if (!first.Replicas.TryGetValue(id, out Replica? other))
                    violations.Add($"{id} is on {server.Id}, not on {first.Self}");
                else if (!replica.IsInitialized || replica.State.AppliedIndex != other.State.AppliedIndex)
                    violations.Add($"{id} has not come to rest: {replica.State.AppliedIndex} on {server.Id}, {other.State.AppliedIndex} on {first.Self}");
                else if (replica.State.Hash != other.State.Hash)
                    violations.Add($"{id} differs between {server.Id} and {first.Self} at {replica.State.AppliedIndex}");
                else if (replica.State.Intents.Count > 0)
                    violations.Add($"{id} still has {replica.State.Intents.Count} intents of dead transactions");
            }
        }
    }

    /// <summary>All versions, from one copy of each range.</summary>
    public static CommittedHistory HistoryOf(SimulatedCluster cluster)
    {
        var history = new CommittedHistory();
        foreach (Replica replica in cluster.Servers.First().Store!.Replicas.Values)
        {
            foreach (VersionRecord version in replica.State.Versions.History(KeySpan.All))
                history.Add(version.Key, version.Timestamp, version.Value);
        }

        return history;
    }
}
