using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>What a subtree holds in all. Kept in every node, so that counts, splits and pruned walks cost O(log n).</summary>
internal struct MapTotals
{
    public long Keys;
    public long Versions;

    /// <summary>Keys with more than one version or with a tombstone: all that garbage collection has to look at.</summary>
    public long Stale;

    /// <summary>Managed memory of keys and versions, about.</summary>
    public long Bytes;

    /// <summary>No version in the subtree is newer. An upper bound: it stays when the newest version is dropped.</summary>
    public Timestamp Newest;

    public void Add(in MapTotals other)
    {
        Keys += other.Keys;
        Versions += other.Versions;
        Stale += other.Stale;
        Bytes += other.Bytes;
        Newest = Timestamp.Max(Newest, other.Newest);
    }

    public void Subtract(in MapTotals other)
    {
        Keys -= other.Keys;
        Versions -= other.Versions;
        Stale -= other.Stale;
        Bytes -= other.Bytes;
    }
}
