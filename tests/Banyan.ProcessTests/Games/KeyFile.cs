namespace Banyan.ProcessTests.Games;

/// <summary>A key of join tokens in a file, as the command makes it.</summary>
internal sealed class KeyFile : IDisposable
{
    private readonly TemporaryFile _file;
    private string? _operator;

    private KeyFile(string text) => _file = new(text, "key.txt");

    public string Path => _file.Path;

    public static async Task<KeyFile> MakeAsync(string? name = null) =>
        new((await BanyanCommand.RunAsync(["token", "new-key", .. name is null ? Array.Empty<string>() : ["--name", name]])).AssertDone().Output);

    /// <summary>A token for a player.</summary>
    public async Task<string> TokenAsync(string player, params IEnumerable<string> more) =>
        (await BanyanCommand.RunAsync(["token", "--key", Path, "--sub", player, .. more])).AssertDone().Output.Trim();

    /// <summary>The token of an operator.</summary>
    public async Task<string> OperatorTokenAsync() => _operator ??= await TokenAsync("operator", "--rights", "operate");

    /// <summary>Runs a command of an operator.</summary>
    public async Task<BanyanCommand> OperateAsync(Uri gateway, params IEnumerable<string> arguments) =>
        await BanyanCommand.RunWithTokenAsync(await OperatorTokenAsync(), gateway, arguments);

    public void Dispose() => _file.Dispose();
}
