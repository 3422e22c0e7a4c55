using Banyan.Server.Torture.Processes;

namespace Banyan.Server.Torture.Faults;

/// <summary>Servers are killed and started again: one, several, or all.</summary>
internal sealed class KillFault(bool killsAll) : Fault
{
    private List<int> _servers = [];

    public override Task<string?> BeginAsync(FaultScene scene, CancellationToken stop)
    {
        int all = scene.Cluster.Servers.Count;
        _servers = scene.Take(killsAll ? all : scene.Random.Chance(0.7) ? 1 : 1 + scene.Random.Next(all));
        if (killsAll && _servers.Count < all)
        {
            foreach (int id in _servers) scene.Taken.Remove(id);
            _servers = [];
        }

        foreach (int id in _servers) scene.Cluster[id].Kill();
        return Task.FromResult(_servers.Count == 0 ? null : $"server {string.Join(", ", _servers)} killed");
    }

    public override Task EndAsync(FaultScene scene, CancellationToken stop)
    {
        foreach (int id in _servers) scene.Cluster[id].Start();
        return Task.CompletedTask;
    }
}

/// <summary>Servers stand still in the middle of whatever they do, and go on later as if nothing had been.</summary>
internal sealed class PauseFault : Fault
{
    private List<int> _servers = [];

    public override Task<string?> BeginAsync(FaultScene scene, CancellationToken stop)
    {
        _servers = scene.Take(scene.Random.Chance(0.7) ? 1 : 1 + scene.Random.Next(scene.Cluster.Servers.Count));
        foreach (int id in _servers) scene.Cluster[id].Pause();
        return Task.FromResult(_servers.Count == 0 ? null : $"server {string.Join(", ", _servers)} paused");
    }

    public override Task EndAsync(FaultScene scene, CancellationToken stop)
    {
        foreach (int id in _servers) scene.Cluster[id].Continue();
        return Task.CompletedTask;
    }
}

/// <summary>Clocks go wrong: all of them within the bound, or one far beyond it.</summary>
internal sealed class ClockFault(bool isFar) : Fault
{
    // Between any two clocks less than the 100 ms that servers assume.
    private const int WithinMs = 45;
    private const int FarMsMin = 300;
    private const int FarMsMax = 2000;

    public override Task<string?> BeginAsync(FaultScene scene, CancellationToken stop)
    {
        FakeClocks clocks = scene.Cluster.Clocks!;
        var offsets = new List<string>();
        if (!isFar)
        {
            foreach (TortureServer server in scene.Cluster.Servers) Set(server.Id, (int)scene.Random.NextInRange(-WithinMs, WithinMs));
        }
        else
        {
            scene.Load.SetClocksWild(true);
            int sign = scene.Random.Chance(0.5) ? 1 : -1;
            Set(1 + scene.Random.Next(scene.Cluster.Servers.Count), sign * (int)scene.Random.NextInRange(FarMsMin, FarMsMax));
        }

        return Task.FromResult<string?>("clocks " + string.Join(", ", offsets));

        void Set(int server, int offsetMs)
        {
            clocks.Set(server, TimeSpan.FromMilliseconds(offsetMs));
            offsets.Add($"{server}: {offsetMs:+0;-0;0} ms");
        }
    }

    public override Task EndAsync(FaultScene scene, CancellationToken stop)
    {
        foreach (TortureServer server in scene.Cluster.Servers) scene.Cluster.Clocks!.Set(server.Id, TimeSpan.Zero);
        return Task.CompletedTask;
    }
}
