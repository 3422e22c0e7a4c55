using Banyan.Primitives;

namespace Banyan.Simulator.World;

/// <summary>
/// Which rare ways are taken in a run. Each site is used in one run of four, and then more or less often: a run in which
/// everything is rare at once would hide what only some of it brings about.
/// </summary>
public sealed class SimulatedProbes : Probes
{
    private readonly ulong _seed;
    private readonly SeededRandom _random;
    private readonly SortedDictionary<string, (double Chance, long Fired)> _sites = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _states = new(StringComparer.Ordinal);

    /// <summary>Decides by the random numbers which sites fire.</summary>
    public SimulatedProbes(SeededRandom random) => (_seed, _random) = (random.NextUInt64(), random);

    /// <summary>Whether any site fires: not after the faults have ended.</summary>
    public bool IsOn { get; set; } = true;

    /// <summary>How often each site fired.</summary>
    public IEnumerable<KeyValuePair<string, long>> Fired => _sites.Where(s => s.Value.Fired > 0).Select(s => KeyValuePair.Create(s.Key, s.Value.Fired));

    /// <summary>How often each state was reached.</summary>
    public IReadOnlyDictionary<string, long> States => _states;

    /// <inheritdoc/>
    public override bool Buggify(string site)
    {
        if (!IsOn) return false;
        if (!_sites.TryGetValue(site, out (double Chance, long Fired) known))
        {
            ulong hash = StableHash.Add(_seed, System.Text.Encoding.UTF8.GetBytes(site));
            known = (hash % 4 == 0 ? 1.0 / (8 << (int)(hash / 4 % 5)) : 0, 0);
            _sites.Add(site, known);
        }

        if (known.Chance == 0 || !_random.Chance(known.Chance)) return false;
        _sites[site] = known with { Fired = known.Fired + 1 };
        return true;
    }

    /// <inheritdoc/>
    public override void Sometimes(string state) => _states[state] = _states.GetValueOrDefault(state) + 1;
}
