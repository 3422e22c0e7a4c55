using Banyan.Server.Games.Access;
using Banyan.Server.Hosting;

namespace Banyan.Server.Tests.Games.Access;

public sealed class TokenKeysTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("banyan-test-");
    private readonly ManualTime _time = new();
    private readonly List<string> _said = [];

    private string One => Path.Combine(_folder.FullName, "one.txt");

    private string Two => Path.Combine(_folder.FullName, "two.txt");

    [Fact]
    public void Every_line_is_a_key_and_the_first_one_signs()
    {
        File.WriteAllText(One, "\n" + TokenKey.Fresh("a") + "\r\n\n" + TokenKey.Fresh("b") + "\n" + TokenKey.Fresh(null));
        Assert.True(TokenKeys.TryReadFile(One, out IReadOnlyList<TokenKey>? keys, out string error), error);
        Assert.Equal(["a", "b", null], keys.Select(k => k.Name));
    }

    [Fact]
    public void What_is_wrong_is_said_with_its_line_and_never_quoted()
    {
        Assert.Equal($"{One}: no such file", Wrong());
        Assert.Equal($"{One}: there is no key in it", Wrong(" \n\n"));
        Assert.Equal($"{One}: a key has at least 32 bytes, this one has 2", Wrong("a:00ff\n"));
        Assert.Equal($"{One}, line 3: a key has at least 32 bytes, this one has 2", Wrong(TokenKey.Fresh("a") + "\n\nb:00ff"));
        Assert.Equal($"{One}: more than 64 keys", Wrong(string.Join('\n', Enumerable.Range(0, 65).Select(_ => TokenKey.Fresh(null)))));
        Assert.Equal($"{One}: more than 65536 bytes", Wrong(new string(' ', 65537)));
        File.Delete(One);
        Directory.CreateDirectory(One);
        Assert.Equal($"{One}: no such file", Wrong());
    }

    [Fact]
    public void Other_keys_are_taken_after_a_while_and_what_cannot_be_read_changes_nothing()
    {
        string a = TokenKey.Fresh("a"), b = TokenKey.Fresh("b");
        File.WriteAllText(One, a);
        File.WriteAllText(Two, b);
        Assert.True(TokenKeys.TryOpen([One, Two], _time, _said.Add, out TokenKeys? keys, out string error), error);
        Assert.Equal(["a", "b"], Names(keys));
        File.WriteAllText(Two, TokenKey.Fresh("c"));
        Assert.Equal(["a", "b"], Names(keys));
        Later();
        Assert.Equal(["a", "c"], Names(keys));
        Assert.Equal(["--token-key: other keys, 2 (a, c)"], _said);

        // Emptied, by whoever writes it anew or by mistake: nobody gets in for that.
        File.WriteAllText(Two, "");
        for (int i = 0; i < 4; i++)
        {
            Later();
            Assert.Equal(["a", "c"], Names(keys));
        }

        File.Delete(Two);
        for (int i = 0; i < 4; i++)
        {
            Later();
            Assert.Equal(["a", "c"], Names(keys));
        }

        File.WriteAllText(Two, a);
        for (int i = 0; i < 2; i++) Later();
        Assert.Equal(["a", "c"], Names(keys));
        File.WriteAllText(Two, b);
        Later();
        Assert.Equal(["a", "b"], Names(keys));
        Assert.Equal(
            [
                $"warning: --token-key {Two}: there is no key in it; what was there before stays",
                $"warning: --token-key {Two}: no such file; what was there before stays",
                $"warning: --token-key {Two}: there is another key with the name a; what was there before stays",
                "--token-key: other keys, 2 (a, b)",
            ], _said[1..]);

        // The same name with another secret is another key.
        File.WriteAllText(One, TokenKey.Fresh("a"));
        TokenKey before = keys.Current[0];
        Later();
        Assert.NotSame(before, keys.Current[0]);

        void Later()
        {
            _time.Advance(RereadFiles<IReadOnlyList<TokenKey>>.LookEvery);
            _ = keys.Current;
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static IEnumerable<string?> Names(TokenKeys keys) => keys.Current.Select(k => k.Name);

    private string Wrong(string? text = null)
    {
        if (text is not null) File.WriteAllText(One, text);
        Assert.False(TokenKeys.TryReadFile(One, out _, out string error));
        return error;
    }
}
