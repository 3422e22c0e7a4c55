namespace Banyan.Sync.Trees;

/// <summary>What clients may do with a part of the tree.</summary>
public enum TreeAccess
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Follow it.</summary>
    Read,

    /// <summary>Follow it and change it, whoever the authority of its nodes is.</summary>
    Write,
}
