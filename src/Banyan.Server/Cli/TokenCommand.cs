using System.CommandLine;
using System.Globalization;
using Banyan.Server.Games.Access;
using Banyan.Sync.Peers;

namespace Banyan.Server.Cli;

/// <summary><c>banyan token</c>: what lets a player into a gateway, and the keys that it is signed with.</summary>
internal static class TokenCommand
{
    private static readonly Option<string?> _key = new("--key") { Description = "File with the key that signs it" };
    private static readonly Option<string?> _player = new("--sub") { Description = "The player's name" };
    private static readonly Option<string> _expires = new("--expires") { Description = "For how long it is good: 90s, 15m, 1h, 7d", DefaultValueFactory = _ => "1h" };
    private static readonly Option<string> _rights = new("--rights") { Description = "play; watch: sees everything, may do nothing; operate: banyan's own commands as well (they take it from BANYAN_TOKEN)", DefaultValueFactory = _ => "play" };
    private static readonly Option<string?> _name = new("--name") { Description = "What tokens call the key (kid), so that several can be told apart" };

    public static Command Make()
    {
        var newKey = new Command("new-key", "Print a fresh key, as the file for --key and serve --token-key wants it") { _name };
        newKey.SetAction(WriteKey);
        var command = new Command("token", "Make a join token for one player; a game connects with ws://GATEWAY/godot?token=…") { _key, _player, _expires, _rights, newKey };
        command.SetAction(WriteToken);
        return command;
    }

    private static int WriteKey(ParseResult parsed)
    {
        string? name = parsed.GetValue(_name);
        if (name is not null && !TokenKey.IsName(name)) throw new CommandFailed(ExitCode.BadInput, $"--name \"{name}\": expected letters, digits, '-', '_' and '.', at most 64");
        string key = TokenKey.Fresh(name);
        if (parsed.GetValue(CommandLine.Json)) JsonOutput.WriteObject(w => w.WriteString("key", key));
        else Console.WriteLine(key);
        return ExitCode.Ok;
    }

    private static int WriteToken(ParseResult parsed)
    {
        if (parsed.GetValue(_key) is not { } file) throw new CommandFailed(ExitCode.BadInput, "--key FILE is missing");
        if (!TokenKeys.TryReadFile(file, out IReadOnlyList<TokenKey>? keys, out string error)) throw new CommandFailed(ExitCode.BadInput, $"--key {error}");
        // The first one signs, the others are those that gateways still take.
        TokenKey key = keys[0];
        string player = parsed.GetValue(_player) ?? "";
        if (player.Length == 0) throw new CommandFailed(ExitCode.BadInput, "--sub NAME is missing");
        DateTimeOffset now = DateTimeOffset.UtcNow;
        DateTimeOffset expires = now + ReadDuration(parsed.GetValue(_expires)!);
        PeerRights rights = parsed.GetValue(_rights) switch
        {
            "play" => PeerRights.Play,
            "watch" => PeerRights.Watch,
            "operate" => PeerRights.Operate,
            var other => throw new CommandFailed(ExitCode.BadInput, $"--rights {other}: expected play, watch or operate"),
        };
        string token = JoinToken.Write(key, player, rights, expires);
        // What the gateways will not take is not handed out.
        if (!JoinToken.TryRead(token, [key], now, out _, out string why)) throw new CommandFailed(ExitCode.BadInput, why);
        if (parsed.GetValue(CommandLine.Json)) JsonOutput.WriteObject(w =>
        {
            w.WriteString("token", token);
            w.WriteString("sub", player);
            w.WriteString("rights", JoinToken.NameOf(rights));
            w.WriteNumber("exp", expires.ToUnixTimeSeconds());
        });
        else Console.WriteLine(token);
        return ExitCode.Ok;
    }

    private static TimeSpan ReadDuration(string text)
    {
        long seconds = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 0 };
        if (seconds > 0 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0 && count * seconds <= 86_400L * 3650)
            return TimeSpan.FromSeconds(count * seconds);
        throw new CommandFailed(ExitCode.BadInput, $"--expires {text}: expected a number and s, m, h or d, as in 15m, and at most 3650d");
    }
}
