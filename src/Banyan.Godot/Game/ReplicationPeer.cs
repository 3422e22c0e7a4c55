namespace Banyan.Godot.Game;

/// <summary>What replication knows of a peer.</summary>
internal sealed class ReplicationPeer
{
    /// <summary>Those of ours that it gets the states of.</summary>
    public HashOrderSet<MultiplayerSynchronizer> Synchronizers { get; } = new();

    /// <summary>Those of ours that were spawned at it.</summary>
    public HashOrderSet<GameNode> Spawned { get; } = new();

    /// <summary>When it was last sent changes of a synchronizer, in microseconds.</summary>
    public Dictionary<MultiplayerSynchronizer, long> LastDeltaMicroseconds { get; } = [];

    /// <summary>Its synchronizers by the numbers that it gave them.</summary>
    public Dictionary<uint, MultiplayerSynchronizer> ReceivedSynchronizers { get; } = [];

    /// <summary>Its nodes by the numbers that it gave them.</summary>
    public LinkedMap<uint, GameNode> ReceivedNodes { get; } = new();

    /// <summary>Number of the last round of states.</summary>
    public ushort LastSequence { get; set; }
}
