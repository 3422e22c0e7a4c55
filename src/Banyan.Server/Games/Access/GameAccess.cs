using System.Net;
using Banyan.Sync.Hosting;
using Banyan.Sync.Peers;

namespace Banyan.Server.Games.Access;

/// <summary>Who may enter as a Godot client: decided on the request, before there is a WebSocket.</summary>
internal sealed class GameAccess(AccessOptions options, TimeProvider time)
{
    private const string Bearer = "Bearer ";
    private static readonly AccessRefusal _otherPage = new(StatusCodes.Status403Forbidden, "pages of this origin may not connect (--allow-origin)");
    private static readonly AccessRefusal _noToken = new(StatusCodes.Status401Unauthorized, "no token: neither ?token= in the address nor an Authorization: Bearer header");
    private static readonly AccessRefusal _tooManyRefused = new(StatusCodes.Status429TooManyRequests, "too many refused attempts from this address, wait a minute");
    private static readonly AccessRefusal _notAnOperator = new(StatusCodes.Status403Forbidden, "the token has no right to \"operate\"");
    private readonly RefusedAttempts _refused = new(time);

    /// <summary>Connections that one address may have at a time; 0 for any number.</summary>
    public int ConnectionsPerAddress => options.ConnectionsPerAddress;

    /// <summary>Lets a request in, or says why not.</summary>
    /// <remarks>Attempts that are refused too often are told so and nothing else; whoever may enter still does: it may share its address with those.</remarks>
    /// <param name="request">The request.</param>
    /// <param name="canResume">Whether the client's session can outlive its connection: then so may its token.</param>
    /// <param name="admission">Who it is; null with no refusal either if the client must say so by <see cref="Authenticate"/>.</param>
    /// <returns>Why not; null if it may.</returns>
    public AccessRefusal? Enter(HttpRequest request, bool canResume, out Admission? admission)
    {
        admission = null;
        if (IsOfOtherPage(request)) return Refused(AddressOf(request), _otherPage);
        bool asks = options.AsksForAuth && !canResume;
        if (TokenOf(request) is { } token && !options.IsOpen) return Check(token, canResume, AddressOf(request), out admission);
        if (asks) return null;
        if (!options.IsOpen) return Refused(AddressOf(request), _noToken);
        admission = Admission.Anybody;
        return null;
    }

    /// <summary>Lets a client of Banyan's own protocol in, which may change everything; says why not, or null if it may.</summary>
    public AccessRefusal? Operate(HttpRequest request)
    {
        // Also where anybody may: a page that a developer looks at is not to reach the developer's own cluster.
        if (IsOfOtherPage(request)) return Refused(AddressOf(request), _otherPage);
        if (options.Keys.Current.Count == 0) return null;
        if (TokenOf(request) is not { } token) return Refused(AddressOf(request), _noToken);
        if (Check(token, canResume: false, AddressOf(request), out Admission? admission) is { } refusal) return refusal;
        return admission!.Rights == PeerRights.Operate ? null : Refused(AddressOf(request), _notAnOperator);
    }

    /// <summary>What a client has to say that was let in without saying who it is.</summary>
    /// <param name="address">Where it is.</param>
    public AuthHandshake Authenticate(IPAddress address) => new(
        token =>
        {
            AccessRefusal? refusal = Check(token, canResume: false, address, out Admission? admission);
            return (admission, refusal);
        }, options.IsOpen ? Admission.Anybody : null);

    /// <summary>Where a request is from.</summary>
    public static IPAddress AddressOf(HttpRequest request) => ClientAddress.Of(request.HttpContext.Connection.RemoteIpAddress);

    private AccessRefusal? Check(string token, bool canResume, IPAddress address, out Admission? admission)
    {
        if (JoinToken.TryRead(token, options.Keys.Current, time.GetUtcNow(), out admission, out string why) || (canResume && admission is not null)) return null;
        admission = null;
        return Refused(address, new(StatusCodes.Status401Unauthorized, why));
    }

    private AccessRefusal Refused(IPAddress address, AccessRefusal refusal) => _refused.IsTooMany(address) ? _tooManyRefused : refusal;

    private bool IsOfOtherPage(HttpRequest request)
    {
        string origin = request.Headers.Origin.ToString();
        return origin.Length > 0 && !options.Origins.Allows(origin, request.Host);
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
