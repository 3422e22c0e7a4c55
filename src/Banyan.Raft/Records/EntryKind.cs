namespace Banyan.Raft;

/// <summary>What an entry is for.</summary>
public enum EntryKind : byte
{
    /// <summary>The layer above reads the payload.</summary>
    Command,

    /// <summary>A new leader's first entry: with it, everything before is committed in its term (Raft paper, 5.4.2).</summary>
    Empty,

    /// <summary>A <see cref="Raft.Configuration"/>.</summary>
    Configuration,
}
