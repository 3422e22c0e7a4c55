namespace Banyan.Godot.Multiplayer;

/// <summary>How a method may be called from afar.</summary>
/// <param name="Name">The method's name.</param>
/// <param name="Mode">Who may call it.</param>
/// <param name="CallLocal">Whether the caller runs it too.</param>
/// <param name="Transfer">How calls travel.</param>
/// <param name="Channel">The transport's channel for them; channels do not wait for each other.</param>
public sealed record RpcMethod(
    string Name, RpcMode Mode = RpcMode.Authority, bool CallLocal = false, TransferMode Transfer = TransferMode.Reliable, int Channel = 0);
