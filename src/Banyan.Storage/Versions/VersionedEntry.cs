using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>What a reader at a timestamp sees on a key: the newest version at or below it, which is no tombstone.</summary>
public readonly record struct VersionedEntry(Key Key, Timestamp Timestamp, byte[] Value);
