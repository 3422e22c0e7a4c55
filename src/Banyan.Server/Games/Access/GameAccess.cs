using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Banyan.Server.Games.Access;

/// <summary>Who may enter as a Godot client: decided on the request, before there is a WebSocket.</summary>
internal sealed class GameAccess(AccessOptions options, TimeProvider time)
{
    private const string Bearer = "Bearer ";
    private static readonly AccessRefusal _otherPage = new(StatusCodes.Status403Forbidden, "pages of this origin may not connect (--allow-origin)");
    private static readonly AccessRefusal _noToken = new(StatusCodes.Status401Unauthorized, "no token: neither ?token= in the address nor an Authorization: Bearer header");
    private static readonly AccessRefusal _tooManyRefused = new(StatusCodes.Status429TooManyRequests, "too many refused attempts from this address, wait a minute");
    private readonly RefusedAttempts _refused = new(time);

    /// <summary>Connections that one address may have at a time; 0 for any number.</summary>
    public int ConnectionsPerAddress => options.ConnectionsPerAddress;

    /// <summary>Lets a request in, or says why not.</summary>
    /// <remarks>Attempts that are refused too often are told so and nothing else; whoever may enter still does: it may share its address with those.</remarks>
    /// <param name="request">The request.</param>
    /// <param name="canResume">Whether the client's session can outlive its connection: then so may its token.</param>
    /// <param name="admission">Who it is.</param>
    /// <param name="refusal">Why not.</param>
    public bool TryEnter(HttpRequest request, bool canResume, [NotNullWhen(true)] out Admission? admission, [NotNullWhen(false)] out AccessRefusal? refusal)
    {
        refusal = null;
        admission = Check(request, canResume, out AccessRefusal why);
        if (admission is not null) return true;
        refusal = why;
        if (_refused.IsTooMany(AddressOf(request))) refusal = _tooManyRefused;
        return false;
    }

    /// <summary>Where a request is from.</summary>
    public static IPAddress AddressOf(HttpRequest request) => ClientAddress.Of(request.HttpContext.Connection.RemoteIpAddress);

    private Admission? Check(HttpRequest request, bool canResume, out AccessRefusal refusal)
    {
        refusal = _otherPage;
        string origin = request.Headers.Origin.ToString();
        if (origin.Length > 0 && !options.Origins.Allows(origin, request.Host)) return null;
        if (options.IsOpen) return Admission.Anybody;
        refusal = _noToken;
        if (TokenOf(request) is not { } token) return null;
        if (JoinToken.TryRead(token, options.Keys, time.GetUtcNow(), out Admission? admission, out string why) || (canResume && admission is not null)) return admission;
        refusal = new(StatusCodes.Status401Unauthorized, why);
        return null;
    }

    private static string? TokenOf(HttpRequest request)
    {
        // More than one of them is joined with commas, and so is no token.
        string inAddress = request.Query["token"].ToString();
        if (inAddress.Length > 0) return inAddress;
        string header = request.Headers.Authorization.ToString();
        return header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : null;
    }
}
