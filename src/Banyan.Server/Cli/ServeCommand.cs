using System.CommandLine;
using System.Net;
using System.Runtime.InteropServices;
using Banyan.Primitives;
using Banyan.Server.Games;
using Banyan.Server.Hosting;
using Banyan.Storage;
using Banyan.Sync.Code;

namespace Banyan.Server.Cli;

/// <summary><c>banyan serve</c>: one server of a cluster, until it is told to stop.</summary>
internal static class ServeCommand
{
    private static readonly Option<uint> _id = new("--id") { Description = "Which of the servers this one is", DefaultValueFactory = _ => 1 };

    private static readonly Option<string> _data = new("--data")
    {
        Description = "Folder of its log and checkpoints",
        DefaultValueFactory = _ => "banyan-data",
    };

    private static readonly Option<string[]> _servers = new("--server")
    {
        Description = "A server as ID=HOST:PORT,GATEWAY-URL: where peers and where clients reach it. Once for each server, the same list on all",
        DefaultValueFactory = _ => ["1=127.0.0.1:7300,http://127.0.0.1:7400"],
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string> _cluster = new("--cluster")
    {
        Description = "The cluster's name; servers of another one are turned away",
        DefaultValueFactory = _ => "banyan",
    };

    private static readonly Option<long> _checkpointEvery = new("--checkpoint-mib")
    {
        Description = "Write a checkpoint after so many MiB of log",
        DefaultValueFactory = _ => 256,
    };

    private static readonly Option<string?> _project = new("--project")
    {
        Description = "Folder of the Godot project (where project.godot is): games that ship the same files may then connect at ws://GATEWAY/godot",
    };

    private static readonly Option<double?> _grace = new("--grace")
    {
        Description = $"Seconds that a game with the addon may be without a connection before its player leaves: {ServerOptions.GraceMin.TotalSeconds} to {ServerOptions.GraceMax.TotalSeconds}; the same on all. Default: {ServerOptions.GraceDefault.TotalSeconds}",
    };

    private static readonly Option<string?> _code = new("--code")
    {
        Description = "Assembly with the game's own .NET code (docs/game-code.md), which runs on one of the servers at a time; the same on all",
    };

    private static readonly Option<string?> _codeType = new("--code-type") { Description = "Which class of it, if there are several: NAMESPACE.NAME" };
    private static readonly Option<string?> _trace = new("--trace") { Description = "Add every protocol step to this file, for specs/check-trace" };
    private static readonly Option<bool> _watchParent = new("--with-parent") { Description = "Stop when the process that started it ends", Hidden = true };

    public static Command Make()
    {
        var command = new Command("serve", "Run one server of a cluster") { _id, _data, _servers, _cluster, _checkpointEvery, _project, _grace, _code, _codeType, _trace, _watchParent };
        ServeAccess.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        ServerOptions options = Read(parsed);
        BanyanServer server;
        try
        {
            server = await BanyanServer.StartAsync(options).ConfigureAwait(false);
        }
        catch (CorruptFileException e)
        {
            throw new CommandFailed(ExitCode.Failed, $"{options.Folder} is damaged: {e.Message}");
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException)
        {
            ServerAddress self = options.Servers.First(s => s.Id == options.Self);
            throw new CommandFailed(ExitCode.Failed, $"cannot listen at {self.Peer} for peers, or at {self.Gateway} for clients: {e.Message}");
        }

        await using (server.ConfigureAwait(false))
        {
            ServerAddress self = options.Servers.First(s => s.Id == options.Self);
            (TimeSpan time, long records) = server.Recovery;
            Console.WriteLine(
                $"banyan {ServerStatus.ThisVersion}: server {options.Self} of {options.Servers.Count} in \"{options.Cluster}\"; clients at {self.Gateway}, peers at {self.Peer}; "
                + $"recovered {records} records in {time.TotalMilliseconds:F0} ms");
            if (options.Project is not null)
                Console.WriteLine($"games connect at {(options.Certificate is null ? "ws" : "wss")}://{self.Gateway.Authority}{GodotEndpoint.Path}{(options.Access.IsOpen ? "" : "?token=…")}");
            if (options is { Project: not null, Access.IsOpen: true })
                await Console.Error.WriteLineAsync($"warning: --open: whoever reaches {self.Gateway.Authority} may join the game and play").ConfigureAwait(false);
            var stopped = new TaskCompletionSource();
            using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c =>
            {
                c.Cancel = true;
                stopped.TrySetResult();
            });
            await using CancellationTokenRegistration cancelled = stop.Register(() => stopped.TrySetResult());
            if (parsed.GetValue(_watchParent)) _ = StopWithParentAsync(stopped);
            await Task.WhenAny(stopped.Task, server.Ended).ConfigureAwait(false);
            if (server.Ended.Exception is not { InnerException: { } fault }) return ExitCode.Ok;
            // Whatever the store did not understand, it must not go on with: its peers do.
            Console.Error.WriteLine($"the store has stopped: {fault}");
            return ExitCode.Failed;
        }
    }

    // The parent holds the other end of our standard input: however it ends, this end is closed then.
    private static async Task StopWithParentAsync(TaskCompletionSource stopped)
    {
        using Stream input = Console.OpenStandardInput();
        byte[] buffer = new byte[64];
        while (await input.ReadAsync(buffer).ConfigureAwait(false) > 0)
        {
        }

        stopped.TrySetResult();
    }

    private static ServerOptions Read(ParseResult parsed)
    {
        var servers = new List<ServerAddress>();
        foreach (string text in parsed.GetValue(_servers)!) servers.Add(ReadServer(text));
        var self = new ServerId(parsed.GetValue(_id));
        if (servers.DistinctBy(s => s.Id).Count() != servers.Count) throw new CommandFailed(ExitCode.BadInput, "--server: an id is there twice");
        if (!servers.Exists(s => s.Id == self)) throw new CommandFailed(ExitCode.BadInput, $"--id {self.Value}: no --server has this id");
        if (parsed.GetValue(_code) is not null && parsed.GetValue(_project) is null) throw new CommandFailed(ExitCode.BadInput, "--code: there is no game without --project");
        if (parsed.GetValue(_grace) is not null && parsed.GetValue(_project) is null) throw new CommandFailed(ExitCode.BadInput, "--grace: there is no game without --project");
        if (parsed.GetValue(_codeType) is not null && parsed.GetValue(_code) is null) throw new CommandFailed(ExitCode.BadInput, "--code-type: of which --code?");
        servers.Sort((a, b) => a.Id.CompareTo(b.Id));
        return new()
        {
            Self = self,
            Servers = servers,
            Folder = parsed.GetValue(_data)!,
            Cluster = parsed.GetValue(_cluster)!,
            Trace = parsed.GetValue(_trace),
            Project = parsed.GetValue(_project),
            Access = ServeAccess.Read(parsed, parsed.GetValue(_project) is not null),
            Certificate = ServeAccess.OpenCertificate(parsed, servers.Find(s => s.Id == self)!.Gateway),
            Grace = ReadGrace(parsed.GetValue(_grace)),
            Code = ReadCode(parsed.GetValue(_code), parsed.GetValue(_codeType)),
            CheckpointEveryBytes = parsed.GetValue(_checkpointEvery) << 20,
        };
    }

    private static TimeSpan ReadGrace(double? seconds)
    {
        if (seconds is not { } given) return ServerOptions.GraceDefault;
        if (given >= ServerOptions.GraceMin.TotalSeconds && given <= ServerOptions.GraceMax.TotalSeconds) return TimeSpan.FromSeconds(given);
        throw new CommandFailed(ExitCode.BadInput, $"--grace {given}: expected {ServerOptions.GraceMin.TotalSeconds} to {ServerOptions.GraceMax.TotalSeconds} seconds");
    }

    private static Func<IGameCode>? ReadCode(string? path, string? type)
    {
        try
        {
            return path is null ? null : GameCodeAssembly.Load(path, type);
        }
        catch (GameCodeException e)
        {
            throw new CommandFailed(ExitCode.BadInput, "--code: " + e.Message);
        }
    }

    private static ServerAddress ReadServer(string text)
    {
        int equals = text.IndexOf('=');
        int comma = text.IndexOf(',');
        if (equals > 0 && comma > equals
            && uint.TryParse(text.AsSpan(0, equals), out uint id) && id > 0
            && IPEndPoint.TryParse(text[(equals + 1)..comma], out IPEndPoint? peer)
            && Uri.TryCreate(text[(comma + 1)..], UriKind.Absolute, out Uri? gateway) && gateway.Scheme is "http" or "https")
            return new(new(id), peer, gateway);
        throw new CommandFailed(ExitCode.BadInput, $"--server \"{text}\": expected ID=ADDRESS:PORT,http://HOST:PORT (https:// with TLS), as in 1=127.0.0.1:7300,http://127.0.0.1:7400");
    }
}
