using System.Security.Cryptography;
using System.Text;
using Banyan.Server.Games.Access;

namespace Banyan.Server.Tests.Games.Access;

/// <summary>Keys and tokens as others make them: nothing here goes through the code under test but the reading of the key.</summary>
internal static class Tokens
{
    public const string Header = """{"alg":"HS256","typ":"JWT"}""";

    /// <summary>The tests' time.</summary>
    public static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    public static byte[] Secret(byte first) => [.. Enumerable.Range(first, 32).Select(i => (byte)i)];

    public static TokenKey Key(byte first, string? name = null)
    {
        Assert.True(TokenKey.TryParse((name is null ? "" : name + ":") + Convert.ToHexString(Secret(first)), out TokenKey? key, out string error), error);
        return key;
    }

    public static string Make(string payload, string header = Header, byte first = 1) => Make(Encoding.UTF8.GetBytes(header), Encoding.UTF8.GetBytes(payload), Secret(first));

    public static string Make(byte[] header, byte[] payload, byte[] secret)
    {
        string signed = Encode(header) + "." + Encode(payload);
        return signed + "." + Encode(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)));
    }

    public static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
