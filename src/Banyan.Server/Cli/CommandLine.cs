using System.CommandLine;
using Banyan.Client;
using Banyan.Client.Protocol;
using Banyan.Primitives;

namespace Banyan.Server.Cli;

/// <summary>The command line of <c>banyan</c>.</summary>
internal static class CommandLine
{
    public const string GatewayVariable = "BANYAN_GATEWAY";

    /// <summary>Which gateway to talk to.</summary>
    private static readonly Option<string> _gateway = new("--gateway", "-g")
    {
        Description = $"A server's gateway. Default: ${GatewayVariable}, else http://127.0.0.1:7400",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(GatewayVariable) ?? "http://127.0.0.1:7400",
        Recursive = true,
    };

    /// <summary>Machine-readable output.</summary>
    public static readonly Option<bool> Json = new("--json") { Description = "Write JSON instead of text", Recursive = true };

    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("Banyan: one Godot scene tree, alive on many servers.")
        {
            _gateway, Json,
            ServeCommand.Make(), DemoCommand.Make(), ImportCommand.Make(),
            TreeCommand.Make(), GetCommand.Make(), SetCommand.Make(), SpawnCommand.Make(), MoveCommand.Make(), RemoveCommand.Make(),
            TransactCommand.Make(), WatchCommand.Make(), StatusCommand.Make(), SceneCommand.Make(), TokenCommand.Make(), SimCommand.Make(), TortureCommand.Make(), BenchCommand.Make(),
        };
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            List<string> reworded = [.. parsed.Errors.Select(ParseErrors.Reword).OfType<string>()];
            foreach (string error in reworded) await Console.Error.WriteLineAsync(error).ConfigureAwait(false);
            if (reworded.Count == 0) await parsed.InvokeAsync().ConfigureAwait(false);
            return ExitCode.BadInput;
        }

        try
        {
            return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            (int code, string message) = EndOf(e);
            await Console.Error.WriteLineAsync(message).ConfigureAwait(false);
            return code;
        }
    }

    /// <summary>How a command ends that has thrown, and what it says. One that ends with Ctrl-C as it should does not throw.</summary>
    internal static (int Code, string Message) EndOf(Exception e) => e switch
    {
        CommandFailed failed => (failed.Code, failed.Message),
        BanyanException { Code: FailureCode.Unavailable or FailureCode.Overloaded } => (ExitCode.Unavailable, e.Message),
        BanyanException { Code: FailureCode.BadRequest } => (ExitCode.BadInput, e.Message),
        BanyanException or IOException or UnauthorizedAccessException => (ExitCode.Failed, e.Message),
        // Its place is worth a report; a crash dump and the code of an aborted process help nobody.
        _ => (ExitCode.Failed, $"banyan has failed, this is a bug: {e}"),
    };

    /// <summary>The gateway that the command line names.</summary>
    public static Uri GatewayOf(ParseResult parsed)
    {
        string text = parsed.GetValue(_gateway)!;
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" or "ws" or "wss"
            ? uri!
            : throw new CommandFailed(ExitCode.BadInput, $"--gateway {text}: expected http://HOST:PORT");
    }

    /// <summary>Connects to the gateway that the command line names.</summary>
    public static Task<BanyanClient> ConnectAsync(ParseResult parsed) =>
        BanyanClient.ConnectAsync(GatewayOf(parsed), new ClientOptions { Token = Token });

    /// <summary>The operator's token; null without one.</summary>
    /// <remarks>Not an option: the arguments of a process are anybody's to read.</remarks>
    public static string? Token => Environment.GetEnvironmentVariable("BANYAN_TOKEN");

    /// <summary>Reads a timestamp as commands print it.</summary>
    public static Timestamp? ReadTimestamp(string? text)
    {
        if (text is null) return null;
        return Timestamp.TryParse(text, out Timestamp at)
            ? at
            : throw new CommandFailed(ExitCode.BadInput, $"\"{text}\" is no timestamp: microseconds since 1970 and a counter, as in 1700000000000000.0");
    }
}
