using Banyan.Primitives;

namespace Banyan.Kv.Ranges;

/// <summary>A key got a new committed version. Null: it was deleted.</summary>
public readonly record struct VersionEvent(Key Key, Timestamp Timestamp, byte[]? Value);
