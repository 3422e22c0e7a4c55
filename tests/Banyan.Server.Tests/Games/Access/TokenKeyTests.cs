using Banyan.Server.Games.Access;

namespace Banyan.Server.Tests.Games.Access;

public class TokenKeyTests
{
    private const string Hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    [Fact]
    public void A_key_in_hex_and_in_base64_is_the_same_key()
    {
        foreach (string text in new[] { Hex, Hex.ToUpperInvariant() + "\n", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\r\n" })
        {
            Assert.True(TokenKey.TryParse(text, out TokenKey? key, out _));
            Assert.Null(key.Name);
            var signature = new byte[32];
            key.Sign("x"u8, signature);
            Assert.Equal(System.Security.Cryptography.HMACSHA256.HashData(Convert.FromHexString(Hex), "x"u8), signature);
        }
    }

    [Fact]
    public void A_name_stands_before_a_colon()
    {
        Assert.True(TokenKey.TryParse("2026-11:" + Hex, out TokenKey? key, out _));
        Assert.Equal("2026-11", key.Name);
    }

    [Theory]
    [InlineData("", "a key has at least 32 bytes, this one has 0")]
    [InlineData("a:00ff", "a key has at least 32 bytes, this one has 2")]
    [InlineData("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", "a key has at least 32 bytes, this one has 31")]
    [InlineData("AAECAwQFBgcICQoL*A0ODxAREhMUFRYXGBkaGxwdHh8=", "expected one line of hex or base64")]
    [InlineData(Hex + "\n" + Hex, "expected one line of hex or base64")]
    [InlineData("a b:" + Hex, "the name before the colon: expected 1 to 64 letters, digits, '-', '_' and '.'")]
    [InlineData(":" + Hex, "the name before the colon: expected 1 to 64 letters, digits, '-', '_' and '.'")]
    public void What_is_no_key_is_refused_and_never_quoted(string text, string why)
    {
        Assert.False(TokenKey.TryParse(text, out _, out string error));
        Assert.Equal(why, error);
    }

    [Fact]
    public void Fresh_keys_can_be_read_and_differ()
    {
        string one = TokenKey.Fresh("k1"), other = TokenKey.Fresh("k1");
        Assert.NotEqual(one, other);
        Assert.True(TokenKey.TryParse(one, out TokenKey? key, out _));
        Assert.Equal("k1", key.Name);
        Assert.True(TokenKey.TryParse(TokenKey.Fresh(null), out _, out _));
    }
}
