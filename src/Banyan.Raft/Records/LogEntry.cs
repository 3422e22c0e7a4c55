namespace Banyan.Raft;

/// <summary>One entry of the log.</summary>
/// <param name="Term">Of the leader that made it.</param>
/// <param name="Index">Its place.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Payload">Opaque here; never changed once proposed.</param>
public readonly record struct LogEntry(Term Term, LogIndex Index, EntryKind Kind, ReadOnlyMemory<byte> Payload);
