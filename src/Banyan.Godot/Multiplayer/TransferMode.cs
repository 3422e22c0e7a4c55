namespace Banyan.Godot.Multiplayer;

/// <summary>How a packet travels, by Godot's numbers.</summary>
public enum TransferMode : byte
{
    /// <summary>May be lost, may overtake.</summary>
    Unreliable = 0,

    /// <summary>May be lost; one that was overtaken is dropped.</summary>
    UnreliableOrdered = 1,

    /// <summary>Arrives, in order.</summary>
    Reliable = 2,
}
