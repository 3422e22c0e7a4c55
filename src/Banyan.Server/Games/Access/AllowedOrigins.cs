using System.Diagnostics.CodeAnalysis;

namespace Banyan.Server.Games.Access;

/// <summary>Web pages whose games may connect: a browser says where a page is from, and lets any page connect anywhere.</summary>
/// <remarks>A page of the gateway's own host, on whatever port, always may. Native games send no origin, and are not asked for one.</remarks>
internal sealed class AllowedOrigins
{
    /// <summary>Pages of the gateway's own host alone.</summary>
    public static readonly AllowedOrigins None = new();

    private readonly HashSet<string> _origins = new(StringComparer.OrdinalIgnoreCase);
    private bool _allowsAll;

    private AllowedOrigins()
    {
    }

    /// <summary>Reads origins, as <c>https://game.example</c> or <c>*</c>; false with what is wrong.</summary>
    public static bool TryParse(IEnumerable<string> texts, [NotNullWhen(true)] out AllowedOrigins? origins, out string error)
    {
        origins = null;
        var all = new AllowedOrigins();
        foreach (string text in texts)
        {
            if (text == "*")
            {
                all._allowsAll = true;
                continue;
            }

            if (Read(text) is not { } origin)
            {
                error = $"\"{text}\": expected an origin as in https://game.example, or *";
                return false;
            }

            all._origins.Add(Write(origin));
        }

        origins = all;
        error = "";
        return true;
    }

    /// <summary>Whether a page may connect.</summary>
    /// <param name="origin">The request's Origin.</param>
    /// <param name="host">The request's Host.</param>
    public bool Allows(string origin, HostString host)
    {
        if (_allowsAll) return true;
        if (Read(origin) is not { } page) return false;
        return _origins.Contains(Write(page)) || (host.HasValue && string.Equals(page.Host, host.Host, StringComparison.OrdinalIgnoreCase));
    }

    // Scheme, host and port, and nothing else.
    private static Uri? Read(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"
        && uri is { UserInfo: "", PathAndQuery: "/", Fragment: "" } && !text.EndsWith('/')
            ? uri
            : null;

    private static string Write(Uri origin) => $"{origin.Scheme}://{origin.IdnHost}:{origin.Port}";
}
