namespace Banyan.Godot.Game;

/// <summary>What replication knows of a node that a spawner spawned or synchronizers synchronize.</summary>
internal sealed class TrackedNode
{
    /// <summary>Its number in SPAWN and DESPAWN: ours, or of <see cref="RemotePeer"/>; 0 before it has one.</summary>
    public uint NetId { get; set; }

    /// <summary>The peer that spawned it; 0 for ourselves.</summary>
    public int RemotePeer { get; set; }

    /// <summary>The spawner; null if none spawned it.</summary>
    public MultiplayerSpawner? Spawner { get; set; }

    /// <summary>Those whose root it is.</summary>
    public HashOrderSet<MultiplayerSynchronizer> Synchronizers { get; } = new();
}
