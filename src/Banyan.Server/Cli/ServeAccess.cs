using System.CommandLine;
using Banyan.Server.Games.Access;
using Banyan.Server.Hosting;

namespace Banyan.Server.Cli;

/// <summary>What <c>banyan serve</c> is told of who may come in, and over what.</summary>
internal static class ServeAccess
{
    private const string NobodyMayEnter = "--project: who may enter? --token-key FILE: whoever has a token (banyan token new-key > FILE); --open: anybody";

    private static readonly Option<string[]> _tokenKeys = new("--token-key")
    {
        Description = "File with keys of tokens, one a line (banyan token new-key): games need a token signed with one of them, and so do banyan's own commands. Once for each file",
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<bool> _open = new("--open") { Description = "Anybody may connect with a game, without a token" };

    private static readonly Option<bool> _authCallback = new("--auth-callback")
    {
        Description = "The game's clients set auth_callback: they may bring their token with send_auth, and are let in once they call complete_auth",
    };

    private static readonly Option<string[]> _origins = new("--allow-origin")
    {
        Description = "A web page whose games may connect, as https://game.example, or * for any; pages of the gateway's own host always may. Once for each",
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<int> _perAddress = new("--connections-per-address")
    {
        Description = "Games that may be connected from one address at a time; 0 for any number, as behind a proxy",
        DefaultValueFactory = _ => AccessOptions.ConnectionsPerAddressDefault,
    };

    private static readonly Option<string?> _certificate = new("--tls-cert") { Description = "PEM file with the certificate of the gateway's port, which then is https:// and wss://" };
    private static readonly Option<string?> _key = new("--tls-key") { Description = "PEM file with the certificate's private key" };

    /// <summary>The options, for the command.</summary>
    public static void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _tokenKeys, _open, _authCallback, _origins, _perAddress, _certificate, _key }) command.Options.Add(option);
    }

    /// <summary>Who may enter with a game.</summary>
    public static AccessOptions Read(ParseResult parsed, bool hasProject)
    {
        string[] files = parsed.GetValue(_tokenKeys)!;
        bool isOpen = parsed.GetValue(_open);
        if (!hasProject && isOpen) throw new CommandFailed(ExitCode.BadInput, "--open says who may enter a game: --project is missing");
        if (isOpen && files.Length > 0) throw new CommandFailed(ExitCode.BadInput, "--open and --token-key: either anybody may enter, or only with a token");
        if (hasProject && !isOpen && files.Length == 0) throw new CommandFailed(ExitCode.BadInput, NobodyMayEnter);
        if (!AllowedOrigins.TryParse(parsed.GetValue(_origins)!, out AllowedOrigins? origins, out string error)) throw new CommandFailed(ExitCode.BadInput, $"--allow-origin {error}");
        int perAddress = parsed.GetValue(_perAddress);
        if (perAddress < 0) throw new CommandFailed(ExitCode.BadInput, $"--connections-per-address {perAddress}: expected a whole number, not negative");
        if (!TokenKeys.TryOpen(files, TimeProvider.System, Console.Error.WriteLine, out TokenKeys? keys, out error)) throw new CommandFailed(ExitCode.BadInput, error);
        return new() { IsOpen = isOpen, Keys = keys, AsksForAuth = parsed.GetValue(_authCallback), Origins = origins, ConnectionsPerAddress = perAddress };
    }

    /// <summary>The certificate of this server's gateway; null for no TLS.</summary>
    public static CertificateFiles? OpenCertificate(ParseResult parsed, Uri gateway)
    {
        string? file = parsed.GetValue(_certificate);
        string? key = parsed.GetValue(_key);
        bool isSecure = gateway.Scheme == "https";
        if (file is null && key is null)
            return isSecure ? throw new CommandFailed(ExitCode.BadInput, $"--server: {gateway.OriginalString} wants --tls-cert and --tls-key") : null;
        if (file is null || key is null) throw new CommandFailed(ExitCode.BadInput, file is null ? "--tls-key wants --tls-cert beside it" : "--tls-cert wants --tls-key beside it");
        if (!isSecure) throw new CommandFailed(ExitCode.BadInput, $"--tls-cert: with TLS, --server names this server's gateway https://{gateway.Authority}");
        if (!CertificateFiles.TryOpen(file, key, TimeProvider.System, Console.Error.WriteLine, out CertificateFiles? files, out string error)) throw new CommandFailed(ExitCode.BadInput, error);
        return files;
    }
}
