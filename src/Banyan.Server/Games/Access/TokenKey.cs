using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Banyan.Server.Games.Access;

/// <summary>A secret that the gateways share with whoever makes tokens: a login service.</summary>
/// <remarks>
/// Its text is <c>name:key</c> or only <c>key</c>; the key is at least 32 bytes in hex or base64 (what could
/// be both is hex). The name is what a token calls its key (<c>kid</c>).
/// </remarks>
internal sealed class TokenKey
{
    private const int BytesMin = 32;
    private const int NameLengthMax = 64;
    private readonly byte[] _bytes;

    private TokenKey(string? name, byte[] bytes)
    {
        Name = name;
        _bytes = bytes;
    }

    /// <summary>What tokens call it; null for a key without a name, which is tried for every token.</summary>
    public string? Name { get; }

    /// <summary>The text of a fresh key.</summary>
    public static string Fresh(string? name)
    {
        string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(BytesMin));
        return name is null ? key : $"{name}:{key}";
    }

    /// <summary>Whether a key may be called so.</summary>
    public static bool IsName(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > NameLengthMax) return false;
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')) return false;
        }

        return true;
    }

    /// <summary>Reads a key; false with what is wrong with it, which never quotes it.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out TokenKey? key, out string error)
    {
        key = null;
        ReadOnlySpan<char> line = text.AsSpan().Trim();
        int colon = line.IndexOf(':');
        if (colon >= 0 && !IsName(line[..colon]))
        {
            error = $"the name before the colon: expected 1 to {NameLengthMax} letters, digits, '-', '_' and '.'";
            return false;
        }

        ReadOnlySpan<char> digits = line[(colon + 1)..];
        if (digits.ContainsAny(" \t\r\n") || Decode(digits) is not { } bytes)
        {
            error = "expected one line of hex or base64";
            return false;
        }

        if (bytes.Length < BytesMin)
        {
            error = $"a key has at least {BytesMin} bytes, this one has {bytes.Length}";
            return false;
        }

        key = new(colon < 0 ? null : line[..colon].ToString(), bytes);
        error = "";
        return true;
    }

    /// <summary>Whether another one has the same name and the same secret.</summary>
    public bool IsSame(TokenKey other) => Name == other.Name && CryptographicOperations.FixedTimeEquals(_bytes, other._bytes);

    /// <summary>The signature of a text, by HMAC-SHA256.</summary>
    /// <param name="signed">What is signed.</param>
    /// <param name="signature">32 bytes.</param>
    public void Sign(ReadOnlySpan<byte> signed, Span<byte> signature) => HMACSHA256.HashData(_bytes, signed, signature);

    private static byte[]? Decode(ReadOnlySpan<char> digits)
    {
        try
        {
            bool isHex = digits.Length % 2 == 0 && !digits.ContainsAnyExcept("0123456789abcdefABCDEF");
            return isHex ? Convert.FromHexString(digits) : Convert.FromBase64String(digits.ToString());
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
