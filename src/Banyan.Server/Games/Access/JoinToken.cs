using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Banyan.Sync.Hosting;
using Banyan.Sync.Peers;

namespace Banyan.Server.Games.Access;

/// <summary>What lets a player in: a JSON Web Token, compact, signed with HMAC-SHA256 by one of the gateways' keys.</summary>
/// <remarks>
/// <code>
/// header   { "alg": "HS256", ["typ": "JWT"], ["kid": key] }
/// payload  { "sub": player, "exp": seconds, ["nbf": seconds], ["aud": "banyan"], ["rights": ["play" | "watch" | "operate"]] }
/// token    base64url(header) "." base64url(payload) "." base64url(HMAC-SHA256 of all before)
/// </code>
/// Strict where a reader's leniency has cost others: one algorithm, no duplicate names, no second spelling of the same
/// bytes, and the payload is looked at only after the signature. Source: RFC 7515, RFC 7519, RFC 8725.
/// </remarks>
internal static class JoinToken
{
    /// <summary>A token, in characters.</summary>
    public const int LengthMax = 4096;

    /// <summary>A player's name, in bytes of UTF-8.</summary>
    public const int PlayerBytesMax = 128;

    /// <summary>By how many seconds the clocks of whoever makes tokens and of this server may differ.</summary>
    public const int SkewSeconds = 5;

    private const string Audience = "banyan";
    private const int SignatureBytes = 32;
    private static readonly JsonDocumentOptions _strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>Makes a token.</summary>
    public static string Write(TokenKey key, string player, PeerRights rights, DateTimeOffset expires)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("alg", "HS256");
            writer.WriteString("typ", "JWT");
            if (key.Name is not null) writer.WriteString("kid", key.Name);
            writer.WriteEndObject();
        }

        string header = Base64Url.EncodeToString(json.ToArray());
        json.SetLength(0);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("sub", player);
            writer.WriteString("aud", Audience);
            writer.WriteNumber("exp", expires.ToUnixTimeSeconds());
            writer.WriteStartArray("rights");
            writer.WriteStringValue(NameOf(rights));
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        string signed = header + "." + Base64Url.EncodeToString(json.ToArray());
        Span<byte> signature = stackalloc byte[SignatureBytes];
        key.Sign(Encoding.ASCII.GetBytes(signed), signature);
        return signed + "." + Base64Url.EncodeToString(signature);
    }

    /// <summary>Checks a token; false with the reason, one of few texts, which says nothing of a token that no key has signed.</summary>
    /// <param name="token">The token.</param>
    /// <param name="keys">Those that may have signed it.</param>
    /// <param name="now">The time.</param>
    /// <param name="admission">Who it lets in. If it has expired it lets nobody in, but says whose session may be resumed with it.</param>
    /// <param name="why">Why it does not let in; "" if it does.</param>
    public static bool TryRead(string token, IReadOnlyList<TokenKey> keys, DateTimeOffset now, [NotNullWhen(true)] out Admission? admission, out string why)
    {
        admission = null;
        if (token.Length > LengthMax) return Refuse($"the token is longer than {LengthMax} characters", out why);
        string[] parts = token.Split('.', 4);
        if (parts.Length != 3 || Decode(parts[0]) is not { } header || Decode(parts[1]) is not { } payload || Decode(parts[2]) is not { Length: SignatureBytes } signature)
            return Refuse("the token is no signed JWT", out why);
        if (!TryReadHeader(header, out string? keyName, out why)) return false;
        byte[] signed = Encoding.ASCII.GetBytes(token, 0, parts[0].Length + 1 + parts[1].Length);
        if (!IsSigned(keys, keyName, signed, signature)) return Refuse("the token's signature is not of a key that is known here", out why);
        return TryReadClaims(payload, now, out admission, out why);
    }

    // A name narrows the search down; a key without one may have signed anything.
    private static bool IsSigned(IReadOnlyList<TokenKey> keys, string? keyName, byte[] signed, byte[] signature)
    {
        bool isSigned = false;
        Span<byte> expected = stackalloc byte[SignatureBytes];
        foreach (TokenKey key in keys)
        {
            if (keyName is not null && key.Name is not null && key.Name != keyName) continue;
            key.Sign(signed, expected);
            isSigned |= CryptographicOperations.FixedTimeEquals(expected, signature);
        }

        return isSigned;
    }

    private static bool TryReadHeader(byte[] json, out string? keyName, out string why)
    {
        keyName = null;
        using JsonDocument? document = Parse(json);
        if (document is null) return Refuse("the token is no signed JWT", out why);
        JsonElement header = document.RootElement;
        if (Text(header, "alg") != "HS256") return Refuse("the token's algorithm is not HS256", out why);
        if (header.TryGetProperty("typ", out _) && !string.Equals(Text(header, "typ"), "JWT", StringComparison.OrdinalIgnoreCase)) return Refuse("the token's type is not JWT", out why);
        // Extensions that must be understood: none is.
        if (header.TryGetProperty("crit", out _)) return Refuse("the token needs extensions that are not known here", out why);
        keyName = Text(header, "kid");
        if (keyName is null && header.TryGetProperty("kid", out _)) return Refuse("the token's kid is no text", out why);
        why = "";
        return true;
    }

    private static bool TryReadClaims(byte[] json, DateTimeOffset now, [NotNullWhen(true)] out Admission? admission, out string why)
    {
        admission = null;
        using JsonDocument? document = Parse(json);
        if (document is null) return Refuse("the token's payload is no JSON object", out why);
        JsonElement claims = document.RootElement;
        double seconds = now.ToUnixTimeMilliseconds() / 1000.0;
        if (Number(claims, "exp") is not { } expires) return Refuse("the token has no exp, or one that is no number", out why);
        if (claims.TryGetProperty("nbf", out _))
        {
            if (Number(claims, "nbf") is not { } begins) return Refuse("the token's nbf is no number", out why);
            if (seconds < begins - SkewSeconds) return Refuse("the token is not valid yet", out why);
        }

        if (claims.TryGetProperty("aud", out JsonElement audience) && !IsForUs(audience)) return Refuse($"the token's aud is not \"{Audience}\"", out why);
        string? player = Text(claims, "sub");
        if (string.IsNullOrEmpty(player) || Encoding.UTF8.GetByteCount(player) > PlayerBytesMax) return Refuse($"the token's sub is no name of 1 to {PlayerBytesMax} bytes", out why);
        if (Rights(claims) is not { } rights) return Refuse("the token's rights are no array of \"play\", \"watch\" and \"operate\"", out why);
        admission = new(player, rights, MayOnlyResume: seconds >= expires + SkewSeconds);
        why = admission.MayOnlyResume ? Admission.Expired : "";
        return !admission.MayOnlyResume;
    }

    private static bool IsForUs(JsonElement audience)
    {
        if (audience.ValueKind == JsonValueKind.String) return audience.ValueEquals(Audience);
        if (audience.ValueKind != JsonValueKind.Array) return false;
        foreach (JsonElement one in audience.EnumerateArray())
        {
            if (one.ValueKind == JsonValueKind.String && one.ValueEquals(Audience)) return true;
        }

        return false;
    }

    /// <summary>What rights are called in a token.</summary>
    public static string NameOf(PeerRights rights) => rights switch
    {
        PeerRights.Play => "play",
        PeerRights.Watch => "watch",
        _ => "operate",
    };

    private static PeerRights? Rights(JsonElement claims)
    {
        if (!claims.TryGetProperty("rights", out JsonElement rights)) return PeerRights.Play;
        if (rights.ValueKind != JsonValueKind.Array) return null;
        PeerRights? all = null;
        foreach (JsonElement one in rights.EnumerateArray())
        {
            if (one.ValueKind != JsonValueKind.String) return null;
            if (one.ValueEquals("operate")) all = PeerRights.Operate;
            else if (one.ValueEquals("play")) all = all == PeerRights.Operate ? all : PeerRights.Play;
            else if (one.ValueEquals("watch")) all ??= PeerRights.Watch;
            else return null;
        }

        return all;
    }

    private static string? Text(JsonElement of, string name)
    {
        if (!of.TryGetProperty(name, out JsonElement value) || value.ValueKind != JsonValueKind.String) return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }

    private static double? Number(JsonElement of, string name) =>
        of.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number) ? number : null;

    private static JsonDocument? Parse(byte[] json)
    {
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(json, _strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
        }
        catch (JsonException)
        {
            // What nobody can read is no token.
        }

        document?.Dispose();
        return null;
    }

    // The decoder forgives padding, white space and stray bits; the same bytes written again must be the same text.
    private static byte[]? Decode(string text)
    {
        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (Base64Url.DecodeFromChars(text, bytes, out _, out int length) != OperationStatus.Done) return null;
        return Base64Url.EncodeToString(bytes.AsSpan(0, length)) == text ? bytes[..length] : null;
    }

    private static bool Refuse(string reason, out string why)
    {
        why = reason;
        return false;
    }
}
