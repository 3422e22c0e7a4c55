using Banyan.Client.Protocol;

namespace Banyan.Client;

/// <summary>A request that could not be answered.</summary>
public sealed class BanyanException(FailureCode code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What kind of failure.</summary>
    public FailureCode Code { get; } = code;

    /// <summary>The gateway has answered 401 or 403 to <paramref name="token"/>.</summary>
    public static BanyanException NotAnOperator(Uri gateway, string? token) =>
        new(FailureCode.BadRequest, $"{gateway} wants a token with the right to \"operate\" ({(token is null ? "there is none" : "it is not this one")})");
}
