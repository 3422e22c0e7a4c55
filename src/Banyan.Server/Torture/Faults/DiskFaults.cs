using Banyan.Server.Cli;
using Banyan.Server.Torture.Processes;

namespace Banyan.Server.Torture.Faults;

/// <summary>The disk of the last server is full: it must say so and end, and start again when there is room.</summary>
internal sealed class FullDiskFault : Fault
{
    private TortureServer? _server;

    public override Task<string?> BeginAsync(FaultScene scene, CancellationToken stop)
    {
        TortureServer server = scene.Cluster.Servers[^1];
        if (!scene.Taken.Add(server.Id)) return Task.FromResult<string?>(null);
        _server = server;
        server.Pause();
        scene.Cluster.SmallDisk!.Fill(server.Folder);
        server.Continue();
        return Task.FromResult<string?>($"the disk of server {server.Id} is full");
    }

    public override Task EndAsync(FaultScene scene, CancellationToken stop)
    {
        if (_server is null) return Task.CompletedTask;
        // It may have had nothing to write.
        int? code = _server.EndedWith;
        if (code is not null && (code != ExitCode.Failed || !_server.Output.Contains("could not be written", StringComparison.Ordinal)))
            scene.Report($"full-disk: server {_server.Id} ended with {code} on a full disk: {_server.Output}");
        _server.Kill();
        scene.Cluster.SmallDisk!.Empty();
        _server.Start();
        return Task.CompletedTask;
    }
}

/// <summary>The disk of the last server has become read-only while it was down: it must refuse to start.</summary>
internal sealed class ReadOnlyDiskFault : Fault
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);
    private TortureServer? _server;

    public override async Task<string?> BeginAsync(FaultScene scene, CancellationToken stop)
    {
        TortureServer server = scene.Cluster.Servers[^1];
        if (!scene.Taken.Add(server.Id)) return null;
        _server = server;
        server.Kill();
        scene.Cluster.SmallDisk!.SetReadOnly(true);
        server.Start();
        int? code = await server.WaitUntilEndedAsync(_patience, stop).ConfigureAwait(false);
        if (code != ExitCode.Failed) scene.Report($"read-only-disk: server {server.Id} started or ended with {code} on a read-only disk: {server.Output}");
        return $"the disk of server {server.Id} is read-only";
    }

    public override Task EndAsync(FaultScene scene, CancellationToken stop)
    {
        if (_server is null) return Task.CompletedTask;
        _server.Kill();
        scene.Cluster.SmallDisk!.SetReadOnly(false);
        _server.Start();
        return Task.CompletedTask;
    }
}

/// <summary>
/// A bit of a server's log or checkpoint flips while it is down: it must refuse to start, with the file and the byte. Then
/// the file is put right, as from a copy.
/// </summary>
internal sealed class DamageFault : Fault
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);
    private TortureServer? _server;
    private FlippedBit? _flipped;

    public override async Task<string?> BeginAsync(FaultScene scene, CancellationToken stop)
    {
        if (scene.Take(1) is not [int id]) return null;
        _server = scene.Cluster[id];
        _server.Kill();
        _flipped = FlippedBit.TryFlip(_server.Folder, scene.Random);
        // Too young to have a middle.
        if (_flipped is null) return null;
        _server.Start();
        int? code = await _server.WaitUntilEndedAsync(_patience, stop).ConfigureAwait(false);
        string name = Path.GetFileName(_flipped.File);
        if (code != ExitCode.Failed || !_server.Output.Contains(name, StringComparison.Ordinal) || !_server.Output.Contains("at byte", StringComparison.Ordinal))
            scene.Report($"damage: a bit of byte {_flipped.Offset} of {name} was flipped, and server {id} started or ended with {code}: {_server.Output}");
        return $"a bit of byte {_flipped.Offset} of {name} of server {id} flipped";
    }

    public override Task EndAsync(FaultScene scene, CancellationToken stop)
    {
        if (_server is null) return Task.CompletedTask;
        _server.Kill();
        _flipped?.FlipBack();
        _server.Start();
        return Task.CompletedTask;
    }
}
