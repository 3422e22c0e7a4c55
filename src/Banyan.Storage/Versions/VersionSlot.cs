using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>A key in a leaf, with its versions; see <see cref="VersionChain"/> for <see cref="Held"/>.</summary>
internal struct VersionSlot
{
    // Object headers and lengths of the two arrays; the slot itself and its mark.
    private const int KeyOverhead = 24 + 28;
    private const int ValueOverhead = 24;

    public Key Key;
    public Timestamp Newest;
    public object? Held;

    /// <summary>Whether garbage collection may ever find something here.</summary>
    public readonly bool IsStale => Held is null or VersionChain;

    /// <summary>The newest version at or below a timestamp, tombstones included.</summary>
    public readonly bool TryFind(Timestamp at, out VersionedValue version)
    {
        Timestamp timestamp = Newest;
        object? held = Held;
        while (timestamp > at)
        {
            if (held is not VersionChain chain)
            {
                version = default;
                return false;
            }

            timestamp = chain.OlderTimestamp;
            held = chain.Older;
        }

        version = new(timestamp, VersionChain.ValueOf(held));
        return true;
    }

    /// <summary>Whether a version lies in (after, upTo].</summary>
    public readonly bool AnyIn(Timestamp after, Timestamp upTo) =>
        Newest > after && TryFind(upTo, out VersionedValue version) && version.Timestamp > after;

    /// <summary>What the slot adds to the totals of its leaf.</summary>
    public readonly MapTotals Totals
    {
        get
        {
            var totals = new MapTotals { Keys = 1, Stale = IsStale ? 1 : 0, Bytes = KeyOverhead + Key.Length, Newest = Newest };
            object? held = Held;
            while (true)
            {
                totals.Versions++;
                if (VersionChain.ValueOf(held) is { } value) totals.Bytes += ValueOverhead + value.Length;
                if (held is not VersionChain chain) return totals;
                totals.Bytes += VersionChain.Overhead;
                held = chain.Older;
            }
        }
    }

    /// <summary>Puts a version on top; gives what that adds to the totals.</summary>
    public MapTotals Push(Timestamp timestamp, byte[]? value)
    {
        bool wasStale = IsStale;
        Held = new VersionChain(value, Newest, Held);
        Newest = timestamp;
        return new()
        {
            Versions = 1,
            Stale = wasStale ? 0 : 1,
            Bytes = VersionChain.Overhead + (value is null ? 0 : ValueOverhead + value.Length),
            Newest = timestamp,
        };
    }

    /// <summary>Whether <see cref="TryTrim"/> would drop something; walks no further than the horizon.</summary>
    public readonly bool CanTrim(Timestamp horizon)
    {
        Timestamp timestamp = Newest;
        object? held = Held;
        while (timestamp > horizon)
        {
            if (held is not VersionChain chain) return false;
            timestamp = chain.OlderTimestamp;
            held = chain.Older;
        }

        return held is null or VersionChain;
    }

    /// <summary>
    /// The slot without the versions that no read at or above the horizon sees: the newest at or below it stays, unless
    /// it is a tombstone, and what is older goes. False if nothing is left.
    /// </summary>
    public readonly bool TryTrim(Timestamp horizon, List<VersionedValue> scratch, out VersionSlot trimmed)
    {
        scratch.Clear();
        Timestamp timestamp = Newest;
        object? held = Held;
        while (true)
        {
            byte[]? value = VersionChain.ValueOf(held);
            if (timestamp > horizon || value is not null) scratch.Add(new(timestamp, value));
            if (timestamp <= horizon || held is not VersionChain chain) break;
            timestamp = chain.OlderTimestamp;
            held = chain.Older;
        }

        return TryBuild(Key, scratch, out trimmed);
    }

    /// <summary>A slot of versions, newest first. False if there are none.</summary>
    public static bool TryBuild(Key key, List<VersionedValue> newestFirst, out VersionSlot slot)
    {
        slot = default;
        if (newestFirst.Count == 0) return false;
        object? held = newestFirst[^1].Value;
        for (int i = newestFirst.Count - 2; i >= 0; i--)
            held = new VersionChain(newestFirst[i].Value, newestFirst[i + 1].Timestamp, held);
        slot = new() { Key = key, Newest = newestFirst[0].Timestamp, Held = held };
        return true;
    }
}
