using Banyan.Godot.Paths;

namespace Banyan.Godot.Replication;

/// <summary>One line of a replication config.</summary>
/// <param name="Path">From the synchronizer's root: node names (none, or <c>.</c>, for the root itself) and the property behind a colon.</param>
/// <param name="Spawn">Whether its value comes with the spawn.</param>
/// <param name="Mode">When it is sent after that.</param>
public sealed record ReplicatedProperty(NodePath Path, bool Spawn = true, ReplicationMode Mode = ReplicationMode.Always);
