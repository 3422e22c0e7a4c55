using System.Text;
using Banyan.Primitives;
using Banyan.Server.Games.Access;
using Banyan.Sync.Hosting;
using Banyan.Sync.Peers;

namespace Banyan.Server.Tests.Games.Access;

public class JoinTokenTests
{
    private const string Claims = """{"sub":"alice","exp":1800000060}""";
    private const string Unsigned = "the token's signature is not of a key that is known here";

    [Theory]
    [InlineData(Claims, PeerRights.Play)]
    [InlineData("""{"sub":"alice","exp":1800000060,"rights":["play"]}""", PeerRights.Play)]
    [InlineData("""{"sub":"alice","exp":1800000060,"rights":["watch"]}""", PeerRights.Watch)]
    [InlineData("""{"sub":"alice","exp":1800000060,"rights":["watch","play"]}""", PeerRights.Play)]
    [InlineData("""{"sub":"alice","exp":1800000060.5,"nbf":1799999999,"aud":"banyan","iss":"us","iat":1}""", PeerRights.Play)]
    [InlineData("""{"sub":"alice","exp":1800000060,"aud":["other","banyan"]}""", PeerRights.Play)]
    [InlineData("""{"sub":"alice","exp":1799999996}""", PeerRights.Play)]
    [InlineData("""{"sub":"alice","exp":1800000060,"nbf":1800000005}""", PeerRights.Play)]
    public void A_token_that_another_library_has_made_is_read(string claims, PeerRights rights) => Assert.Equal(new("alice", rights), Read(Tokens.Make(claims)));

    [Fact]
    public void A_published_token_is_checked_as_its_standard_says()
    {
        // RFC 7515, appendix A.1: it lacks a sub, which only a token with the right signature is told.
        const string Published = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
            + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        const string Key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        Assert.True(TokenKey.TryParse(Key.Replace('-', '+').Replace('_', '/') + "==", out TokenKey? key, out _));
        Assert.False(JoinToken.TryRead(Published, [key], DateTimeOffset.FromUnixTimeSeconds(1_300_819_379), out _, out string why));
        Assert.Equal("the token's sub is no name of 1 to 128 bytes", why);
        Assert.False(JoinToken.TryRead(Published, [Tokens.Key(1)], DateTimeOffset.FromUnixTimeSeconds(1_300_819_379), out _, out why));
        Assert.Equal(Unsigned, why);
    }

    [Fact]
    public void What_the_command_makes_is_read()
    {
        string token = JoinToken.Write(Tokens.Key(1, "k"), "Zoë \"Z\"", PeerRights.Watch, Tokens.Now.AddHours(1));
        Assert.True(JoinToken.TryRead(token, [Tokens.Key(1, "k")], Tokens.Now, out Admission? admission, out _));
        Assert.Equal(new("Zoë \"Z\"", PeerRights.Watch), admission);
    }

    [Fact]
    public void A_token_that_has_expired_lets_nobody_in_but_says_whose_session_may_go_on()
    {
        string token = Tokens.Make("""{"sub":"alice","exp":1799999995,"rights":["watch"]}""");
        Assert.False(JoinToken.TryRead(token, [Tokens.Key(1)], Tokens.Now, out Admission? admission, out string why));
        Assert.Equal("the token has expired", why);
        Assert.Equal(new Admission("alice", PeerRights.Watch, MayOnlyResume: true), admission);
        Assert.False(JoinToken.TryRead(token, [Tokens.Key(2)], Tokens.Now, out admission, out why));
        Assert.Equal(Unsigned, why);
        Assert.Null(admission);
    }

    [Theory]
    [InlineData("the token has no exp, or one that is no number", """{"sub":"alice"}""")]
    [InlineData("the token has no exp, or one that is no number", """{"sub":"alice","exp":"1800000060"}""")]
    [InlineData("the token has no exp, or one that is no number", """{"sub":"alice","exp":1e999}""")]
    [InlineData("the token is not valid yet", """{"sub":"alice","exp":1800000060,"nbf":1800000006}""")]
    [InlineData("the token's nbf is no number", """{"sub":"alice","exp":1800000060,"nbf":null}""")]
    [InlineData("the token's aud is not \"banyan\"", """{"sub":"alice","exp":1800000060,"aud":"shop"}""")]
    [InlineData("the token's aud is not \"banyan\"", """{"sub":"alice","exp":1800000060,"aud":["shop"]}""")]
    [InlineData("the token's aud is not \"banyan\"", """{"sub":"alice","exp":1800000060,"aud":null}""")]
    [InlineData("the token's sub is no name of 1 to 128 bytes", """{"exp":1800000060}""")]
    [InlineData("the token's sub is no name of 1 to 128 bytes", """{"sub":"","exp":1800000060}""")]
    [InlineData("the token's sub is no name of 1 to 128 bytes", """{"sub":7,"exp":1800000060}""")]
    [InlineData("the token's sub is no name of 1 to 128 bytes", """{"sub":"\ud800","exp":1800000060}""")]
    [InlineData("the token's rights are no array of \"play\", \"watch\" and \"operate\"", """{"sub":"alice","exp":1800000060,"rights":[]}""")]
    [InlineData("the token's rights are no array of \"play\", \"watch\" and \"operate\"", """{"sub":"alice","exp":1800000060,"rights":"play"}""")]
    [InlineData("the token's rights are no array of \"play\", \"watch\" and \"operate\"", """{"sub":"alice","exp":1800000060,"rights":["play","rule"]}""")]
    [InlineData("the token's rights are no array of \"play\", \"watch\" and \"operate\"", """{"sub":"alice","exp":1800000060,"rights":null}""")]
    [InlineData("the token's payload is no JSON object", """["sub"]""")]
    [InlineData("the token's payload is no JSON object", """{"sub":"alice","exp":1799999995,"exp":1800000060}""")]
    [InlineData("the token's payload is no JSON object", "")]
    public void Claims_that_do_not_hold_are_refused_by_name(string why, string claims) => Assert.Equal(why, Refused(Tokens.Make(claims)));

    [Theory]
    [InlineData("the token's algorithm is not HS256", """{"alg":"none"}""")]
    [InlineData("the token's algorithm is not HS256", """{"alg":"hs256"}""")]
    [InlineData("the token's algorithm is not HS256", """{"alg":"HS512"}""")]
    [InlineData("the token's algorithm is not HS256", """{"typ":"JWT"}""")]
    [InlineData("the token's type is not JWT", """{"alg":"HS256","typ":"JOSE"}""")]
    [InlineData("the token needs extensions that are not known here", """{"alg":"HS256","crit":["b64"],"b64":false}""")]
    [InlineData("the token's kid is no text", """{"alg":"HS256","kid":1}""")]
    [InlineData("the token is no signed JWT", """{"alg":"none","alg":"HS256"}""")]
    [InlineData("the token is no signed JWT", "HS256")]
    public void Headers_that_are_not_ours_are_refused_by_name(string why, string header) => Assert.Equal(why, Refused(Tokens.Make(Claims, header)));

    [Fact]
    public void A_token_of_another_key_is_told_nothing_but_that()
    {
        Assert.Equal(Unsigned, Refused(Tokens.Make("""{"sub":"alice","exp":1}""", first: 2)));
        Assert.Equal(Unsigned, Refused(Tokens.Make("nonsense", first: 2)));
    }

    [Fact]
    public void Keys_are_found_by_name_and_those_without_one_are_tried()
    {
        TokenKey old = Tokens.Key(1, "old"), fresh = Tokens.Key(2, "fresh"), nameless = Tokens.Key(3);
        TokenKey[] all = [old, fresh, nameless];
        Assert.True(Accepts(all, "fresh", 2));
        Assert.True(Accepts(all, null, 1));
        Assert.True(Accepts(all, null, 2));
        Assert.True(Accepts(all, "anything", 3));
        Assert.False(Accepts(all, "old", 2));
        Assert.False(Accepts([fresh], "old", 1));
        Assert.False(Accepts([fresh], null, 1));
        Assert.False(Accepts([], null, 1));
    }

    [Theory]
    [InlineData(".")]
    [InlineData("a.b.c.d")]
    [InlineData("")]
    public void What_is_no_token_is_refused(string text) => Assert.Equal("the token is no signed JWT", Refused(text));

    [Fact]
    public void A_token_that_is_too_long_is_not_even_looked_at() =>
        Assert.Equal("the token is longer than 4096 characters", Refused(Tokens.Make($$"""{"sub":"alice","exp":1800000060,"x":"{{new string('x', 4096)}}"}""")));

    [Fact]
    public void A_player_has_at_most_128_bytes_of_name()
    {
        Assert.Equal(64, Read(Tokens.Make($$"""{"sub":"{{new string('ë', 64)}}","exp":1800000060}""")).Player.Length);
        Assert.Equal("the token's sub is no name of 1 to 128 bytes", Refused(Tokens.Make($$"""{"sub":"{{new string('ë', 64)}}!","exp":1800000060}""")));
    }

    [Fact]
    public void Another_spelling_of_the_same_bytes_is_refused()
    {
        string token = Tokens.Make(Claims);
        // 32 bytes leave two bits of the last character without a meaning.
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        int last = Alphabet.IndexOf(token[^1], StringComparison.Ordinal);
        Assert.Equal(0, last & 3);
        for (int bits = 1; bits < 4; bits++) Refused(token[..^1] + Alphabet[last | bits]);
        Refused(token + "=");
        Refused(token + " ");
        Refused(" " + token);
        Refused(token.Replace(".", ".\n", StringComparison.Ordinal));
    }

    [Fact]
    public void No_mutation_of_a_token_is_accepted_and_none_throws()
    {
        string token = Tokens.Make("""{"sub":"alice","aud":"banyan","exp":1800000060,"rights":["watch"]}""", """{"alg":"HS256","typ":"JWT","kid":"k"}""");
        TokenKey[] keys = [Tokens.Key(1, "k"), Tokens.Key(2)];
        Assert.True(JoinToken.TryRead(token, keys, Tokens.Now, out _, out _));
        var random = new SeededRandom(7);
        for (int run = 0; run < 20_000; run++)
        {
            string mutated = Mutate(token, random);
            if (mutated == token) continue;
            Assert.False(JoinToken.TryRead(mutated, keys, Tokens.Now, out Admission? admission, out string why), mutated);
            Assert.Null(admission);
            Assert.NotEqual("", why);
            Assert.DoesNotContain('\n', why);
        }
    }

    [Fact]
    public void No_header_and_no_payload_that_a_key_has_signed_throws()
    {
        byte[] header = Encoding.UTF8.GetBytes("""{"alg":"HS256","typ":"JWT","kid":"kΩ"}""");
        byte[] payload = Encoding.UTF8.GetBytes("""{"sub":"al\u00efce","aud":["banyan"],"exp":1.8e9,"nbf":1,"rights":["watch","play"]}""");
        var random = new SeededRandom(8);
        int accepted = 0;
        for (int run = 0; run < 20_000; run++)
        {
            byte[] mutatedHeader = random.Chance(0.3) ? Mutate(header, random) : header;
            string token = Tokens.Make(mutatedHeader, Mutate(payload, random), Tokens.Secret(1));
            bool isRead = JoinToken.TryRead(token, [Tokens.Key(1)], Tokens.Now, out Admission? admission, out string why);
            Assert.Equal(isRead, admission is { MayOnlyResume: false });
            Assert.Equal(isRead, why.Length == 0);
            if (isRead) accepted++;
        }

        // Some letters of the name may be others; the test would say nothing if all or none were taken.
        Assert.InRange(accepted, 1, 19_999);
    }

    private static string Mutate(string token, SeededRandom random)
    {
        var text = new StringBuilder(token);
        for (int change = random.Next(3); change >= 0; change--)
        {
            int at = random.Next(text.Length);
            switch (random.Next(6))
            {
                case 0: text[at] = (char)random.Next(128); break;
                case 1: text[at] = (char)random.Next(char.MaxValue); break;
                case 2: text.Remove(at, 1 + random.Next(Math.Min(8, text.Length - at))); break;
                case 3: text.Insert(at, (char)random.Next(128)); break;
                case 4: text[at] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."[random.Next(65)]; break;
                default: text.Insert(at, token.AsSpan(random.Next(token.Length / 2), 10)); break;
            }
        }

        return text.ToString();
    }

    private static byte[] Mutate(byte[] json, SeededRandom random)
    {
        byte[] bytes = [.. json];
        for (int change = random.Next(3); change >= 0; change--)
        {
            int at = random.Next(bytes.Length);
            bytes[at] = random.Chance(0.5) ? (byte)random.Next(256) : "{}[]\",:\\u0019ed"u8[random.Next(15)];
        }

        return bytes;
    }

    private static bool Accepts(TokenKey[] keys, string? kid, byte signedWith)
    {
        string header = kid is null ? Tokens.Header : $$"""{"alg":"HS256","kid":"{{kid}}"}""";
        return JoinToken.TryRead(Tokens.Make(Claims, header, signedWith), keys, Tokens.Now, out _, out _);
    }

    private static Admission Read(string token)
    {
        Assert.True(JoinToken.TryRead(token, [Tokens.Key(1)], Tokens.Now, out Admission? admission, out string why), why);
        return admission;
    }

    private static string Refused(string token)
    {
        Assert.False(JoinToken.TryRead(token, [Tokens.Key(1)], Tokens.Now, out Admission? admission, out string why));
        Assert.Null(admission);
        return why;
    }
}
