using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>One version of a key: when it was written, and what. A null value is a tombstone.</summary>
public readonly record struct VersionedValue(Timestamp Timestamp, byte[]? Value)
{
    /// <summary>Whether the key was deleted at <see cref="Timestamp"/>.</summary>
    public bool IsTombstone => Value is null;
}
