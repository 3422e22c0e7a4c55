namespace Banyan.Sync.Trees;

/// <summary>How much of the world clients may follow, and change.</summary>
public sealed record TreeLimits
{
    /// <summary>Of the limits' default.</summary>
    public static readonly TreeLimits Default = new();

    /// <summary>Subtrees that one session may follow.</summary>
    public int FollowedMax { get; init; } = 16;

    /// <summary>Nodes of one followed subtree, and nodes that one change may spawn.</summary>
    public int NodesMax { get; init; } = 10_000;

    /// <summary>Nodes of all subtrees that are followed on a server; a node counts once for each followed root above it.</summary>
    public int NodesOfAllMax { get; init; } = 1_000_000;

    /// <summary>A "tree" or a "changes", in bytes.</summary>
    public int MessageBytesMax { get; init; } = 1 << 20;

    /// <summary>Operations of one change.</summary>
    public int OperationsMax { get; init; } = 256;

    /// <summary>Changes of one session that are not answered.</summary>
    public int AnswersMax { get; init; } = 1_024;

    /// <summary>Changes of one session that are not begun, in bytes.</summary>
    public int WaitingBytesMax { get; init; } = 4 << 20;

    /// <summary>Requests of a session of which the cluster can still say what became of them: twice as many as may wait.</summary>
    public int RequestsKept { get; init; } = 2_048;

    /// <summary>Moves of one transaction for which an order is looked for; with more the whole tree is told again.</summary>
    public int MovesMax { get; init; } = 64;
}
