using Banyan.Simulator.Workloads.Games;
using Banyan.Simulator.Workloads.Kv;

namespace Banyan.Simulator.Workloads;

/// <summary>All workloads by name.</summary>
public static class WorkloadCatalogue
{
    private static readonly SortedDictionary<string, Func<IWorkload>> _all = new(StringComparer.Ordinal)
    {
        ["append"] = () => new AppendWorkload(),
        [BankWorkload.Name] = () => new BankWorkload(),
        [G2Workload.Name] = () => new G2Workload(),
        [GamesWorkload.Name] = () => new GamesWorkload(),
        [GamesWorkload.NearName] = () => new GamesWorkload(GamesKind.Near),
        [GamesWorkload.CodeName] = () => new GamesWorkload(GamesKind.Code),
        [GamesWorkload.TreesName] = () => new GamesWorkload(GamesKind.Trees),
        [ListAppendWorkload.Name] = () => new ListAppendWorkload(),
        [MonotonicWorkload.Name] = () => new MonotonicWorkload(),
        [RegisterWorkload.Name] = () => new RegisterWorkload(),
        ["scene"] = () => new SceneWorkload(),
        [SequentialWorkload.Name] = () => new SequentialWorkload(),
        [SetsWorkload.Name] = () => new SetsWorkload(),
    };

    /// <summary>The names, in order.</summary>
    public static IReadOnlyCollection<string> Names => _all.Keys;

    /// <summary>A new workload; null if there is none of that name.</summary>
    public static IWorkload? TryMake(string name) => _all.TryGetValue(name, out Func<IWorkload>? make) ? make() : null;
}
