using Banyan.Primitives;

namespace Banyan.Simulator.Exploration;

/// <summary>The state of an explored system.</summary>
/// <param name="Parts">The state of each part, by its number in <see cref="PartStates"/>.</param>
/// <param name="Network">Messages under way, ascending, so that the order in which they were sent does not count.</param>
/// <param name="Budgets">How often each bounded action may still happen.</param>
/// <param name="Past">What the checks remember.</param>
internal sealed record WorldState(int[] Parts, int[] Network, int[] Budgets, ulong[] Past)
{
    public ulong Hash()
    {
        ulong hash = 0;
        foreach (int part in Parts) hash = StableHash.Add(hash, (ulong)part);
        foreach (int message in Network) hash = StableHash.Add(hash, (ulong)message + 1);
        hash = StableHash.Add(hash, ulong.MaxValue);
        foreach (int budget in Budgets) hash = StableHash.Add(hash, (ulong)budget);
        foreach (ulong word in Past) hash = StableHash.Add(hash, word);
        return hash;
    }
}
