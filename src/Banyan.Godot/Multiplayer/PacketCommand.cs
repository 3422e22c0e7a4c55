namespace Banyan.Godot.Multiplayer;

/// <summary>What a packet of SceneMultiplayer is: its first byte, without the sizes that an RPC packs into bits 4–7.</summary>
/// <remarks>
/// Godot looks at bits 0–2 and has the kinds of a command look at their flags; only an RPC and a sync have any. A sync
/// with bit 4 is a delta: a packet of another shape, so it is a command of its own here.
/// </remarks>
public enum PacketCommand : byte
{
    /// <summary>A call of a method: <see cref="RpcPacket"/>.</summary>
    Rpc = 0,

    /// <summary>A node's path and the number it will have from now on: <see cref="SimplifyPathPacket"/>.</summary>
    SimplifyPath = 1,

    /// <summary>The number of a path is known now: <see cref="ConfirmPathPacket"/>.</summary>
    ConfirmPath = 2,

    /// <summary>Bytes of the game's own: <see cref="RawPacket"/>.</summary>
    Raw = 3,

    /// <summary>A spawner's new node: <see cref="SpawnPacket"/>.</summary>
    Spawn = 4,

    /// <summary>The end of a spawned node: <see cref="DespawnPacket"/>.</summary>
    Despawn = 5,

    /// <summary>States of synchronizers (<i>always</i>): <see cref="SyncPacket"/>.</summary>
    Sync = 6,

    /// <summary>Authentication, peers, relaying: <see cref="SystemPacket"/>.</summary>
    System = 7,

    /// <summary>Changes of synchronizers (<i>on change</i>): <see cref="DeltaPacket"/>.</summary>
    Delta = 0x16,
}
