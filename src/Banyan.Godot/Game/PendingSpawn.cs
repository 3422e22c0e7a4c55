namespace Banyan.Godot.Game;

/// <summary>A spawn that is being received: its state waits for the synchronizers to enter the tree.</summary>
internal sealed class PendingSpawn(GameNode node, int from, Queue<uint> syncNetIds, ReadOnlyMemory<byte> state)
{
    /// <summary>The node that is being added.</summary>
    public GameNode Node { get; } = node;

    /// <summary>The peer that spawned it.</summary>
    public int From { get; } = from;

    /// <summary>Numbers for its synchronizers, in the order in which they enter the tree.</summary>
    public Queue<uint> SyncNetIds { get; } = syncNetIds;

    /// <summary>What is left of the values of spawn properties.</summary>
    public ReadOnlyMemory<byte> State { get; set; } = state;
}
