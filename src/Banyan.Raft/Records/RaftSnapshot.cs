namespace Banyan.Raft;

/// <summary>Stands for the log up to an index.</summary>
/// <param name="Index">The last entry that it includes.</param>
/// <param name="Term">That entry's term.</param>
/// <param name="Configuration">At that entry.</param>
/// <param name="Data">Opaque here.</param>
public sealed record RaftSnapshot(LogIndex Index, Term Term, Configuration Configuration, ReadOnlyMemory<byte> Data);
