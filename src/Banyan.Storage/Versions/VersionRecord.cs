using Banyan.Primitives;

namespace Banyan.Storage;

/// <summary>One version of a key, as a checkpoint or a snapshot carries it. A null value is a tombstone.</summary>
public readonly record struct VersionRecord(Key Key, Timestamp Timestamp, byte[]? Value);
