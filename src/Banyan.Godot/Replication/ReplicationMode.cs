namespace Banyan.Godot.Replication;

/// <summary>When a property is sent after the spawn, by Godot's numbers.</summary>
public enum ReplicationMode : byte
{
    /// <summary>Never.</summary>
    Never = 0,

    /// <summary>In every sync packet, unreliably.</summary>
    Always = 1,

    /// <summary>When its value has changed, reliably.</summary>
    OnChange = 2,
}
