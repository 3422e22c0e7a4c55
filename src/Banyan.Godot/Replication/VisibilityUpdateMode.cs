namespace Banyan.Godot.Replication;

/// <summary>When a synchronizer asks its visibility filters again, by Godot's numbers.</summary>
public enum VisibilityUpdateMode : byte
{
    /// <summary>Every rendered frame.</summary>
    Idle = 0,

    /// <summary>Every physics frame.</summary>
    Physics = 1,

    /// <summary>When told to.</summary>
    None = 2,
}
