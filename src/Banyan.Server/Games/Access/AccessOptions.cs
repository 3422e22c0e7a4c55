namespace Banyan.Server.Games.Access;

/// <summary>Who may enter as a Godot client.</summary>
internal sealed record AccessOptions
{
    /// <summary>Players behind one router share an address: a school, a café, a whole mobile network.</summary>
    public const int ConnectionsPerAddressDefault = 256;

    /// <summary>Anybody may, without a token.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Keys that tokens are signed with.</summary>
    public TokenKeys Keys { get; init; } = TokenKeys.None;

    /// <summary>Stock clients without a token in the address bring it with <c>send_auth</c>: the game's clients set <c>auth_callback</c>.</summary>
    public bool AsksForAuth { get; init; }

    /// <summary>Web pages whose games may.</summary>
    public AllowedOrigins Origins { get; init; } = AllowedOrigins.None;

    /// <summary>Connections from one address at a time; 0 for any number.</summary>
    public int ConnectionsPerAddress { get; init; } = ConnectionsPerAddressDefault;
}
