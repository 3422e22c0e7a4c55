using Banyan.Godot.Multiplayer;

namespace Banyan.Godot.Scripts;

/// <summary>Bounds on one script.</summary>
/// <param name="CharactersMax">Length of the text, in UTF-16 units.</param>
/// <param name="MethodsMax">Methods with <c>@rpc</c>.</param>
public sealed record ScriptLimits(int CharactersMax, int MethodsMax)
{
    /// <summary>Far beyond what anyone writes.</summary>
    public static readonly ScriptLimits Default = new(16 << 20, RpcMethods.CountMax);
}
