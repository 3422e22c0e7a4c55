using Banyan.Server.Cli;
using Banyan.Server.Hosting;
using Banyan.Server.Torture.Processes;
using Banyan.Server.Torture.Proxy;

namespace Banyan.Server.Torture.Faults;

/// <summary>Something is wrong with some of the ways between servers.</summary>
internal abstract class LinkFault : Fault
{
    private List<ProxyLink> _links = [];

    public sealed override async Task<string?> BeginAsync(FaultScene scene, CancellationToken stop)
    {
        (_links, LinkRule rule, string what) = await ChooseAsync(scene, stop).ConfigureAwait(false);
        foreach (ProxyLink link in _links) link.Set(rule);
        return _links.Count == 0 ? null : what;
    }

    public sealed override Task EndAsync(FaultScene scene, CancellationToken stop)
    {
        foreach (ProxyLink link in _links) link.Set(LinkRule.Open);
        return Task.CompletedTask;
    }

    protected abstract Task<(List<ProxyLink> Links, LinkRule Rule, string What)> ChooseAsync(FaultScene scene, CancellationToken stop);

    protected static List<ProxyLink> Where(FaultScene scene, Func<ProxyLink, bool> isMeant) => [.. scene.Cluster.Network.Links.Where(isMeant)];

    protected static int AnyServer(FaultScene scene) => 1 + scene.Random.Next(scene.Cluster.Servers.Count);

    protected static string Ways(IEnumerable<ProxyLink> links) => string.Join(", ", links.Select(l => $"{l.From}→{l.To}"));
}

/// <summary>A server is heard but hears nothing, or the other way round, or towards one other server only.</summary>
internal sealed class OneWayFault : LinkFault
{
    protected override Task<(List<ProxyLink> Links, LinkRule Rule, string What)> ChooseAsync(FaultScene scene, CancellationToken stop)
    {
        int server = AnyServer(scene);
        int other = 1 + ((server + scene.Random.Next(scene.Cluster.Servers.Count - 1)) % scene.Cluster.Servers.Count);
        List<ProxyLink> links = scene.Random.Next(3) switch
        {
            0 => Where(scene, l => l.From == server),
            1 => Where(scene, l => l.To == server),
            _ => Where(scene, l => l.From == server && l.To == other),
        };
        return Task.FromResult((links, LinkRule.Cut, $"one way cut: {Ways(links)}"));
    }
}

/// <summary>A minority of the servers, drawn at random, is cut off in both directions.</summary>
internal sealed class PartitionFault : LinkFault
{
    protected override Task<(List<ProxyLink> Links, LinkRule Rule, string What)> ChooseAsync(FaultScene scene, CancellationToken stop)
    {
        int count = scene.Cluster.Servers.Count;
        var minority = new SortedSet<int>();
        int size = 1 + scene.Random.Next(Math.Max(1, (count - 1) / 2));
        while (minority.Count < size) minority.Add(AnyServer(scene));
        List<ProxyLink> links = Where(scene, l => minority.Contains(l.From) != minority.Contains(l.To));
        return Task.FromResult((links, LinkRule.Cut, $"cut off: {string.Join(", ", minority)}"));
    }
}

/// <summary>The server with most leases is on one side, with or without company.</summary>
internal sealed class LeaderSplitFault : LinkFault
{
    protected override async Task<(List<ProxyLink> Links, LinkRule Rule, string What)> ChooseAsync(FaultScene scene, CancellationToken stop)
    {
        (int leader, int led) = (0, -1);
        foreach (TortureServer server in scene.Cluster.Servers)
        {
            if (await LeasesOfAsync(server, stop).ConfigureAwait(false) is { } leases && leases > led) (leader, led) = (server.Id, leases);
        }

        if (leader == 0) return ([], LinkRule.Cut, "");
        int others = scene.Cluster.Servers.Count - 1;
        var side = new SortedSet<int> { leader };
        int company = scene.Random.Next(others);
        while (side.Count <= company) side.Add(AnyServer(scene));
        return (Where(scene, l => side.Contains(l.From) != side.Contains(l.To)), LinkRule.Cut, $"split: {string.Join(", ", side)} apart from the others; {leader} leads {led} ranges");
    }

    // Null if it does not answer: another fault has it.
    private static async Task<int?> LeasesOfAsync(TortureServer server, CancellationToken stop)
    {
        if (await server.WhyNotHealthyAsync(stop).ConfigureAwait(false) is not null) return null;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
            limit.CancelAfter(TimeSpan.FromSeconds(2));
            ServerStatus status = await StatusCommand.ReadAsync(server.Gateway, limit.Token).ConfigureAwait(false);
            return status.Ranges.Count(r => r.HoldsLease);
        }
        catch (Exception e) when (e is Client.BanyanException or CommandFailed or IOException or HttpRequestException or OperationCanceledException)
        {
            stop.ThrowIfCancellationRequested();
            return null;
        }
    }
}

/// <summary>Some ways hold what they are given, and deliver all of it later.</summary>
internal sealed class FreezeFault : LinkFault
{
    protected override Task<(List<ProxyLink> Links, LinkRule Rule, string What)> ChooseAsync(FaultScene scene, CancellationToken stop)
    {
        List<ProxyLink> links = Where(scene, _ => scene.Random.Chance(0.4));
        return Task.FromResult((links, LinkRule.Frozen, $"frozen: {Ways(links)}"));
    }
}

/// <summary>Messages are late, each by another time.</summary>
internal sealed class DelayFault : LinkFault
{
    protected override Task<(List<ProxyLink> Links, LinkRule Rule, string What)> ChooseAsync(FaultScene scene, CancellationToken stop)
    {
        int max = (int)scene.Random.NextInRange(5, 120);
        List<ProxyLink> links = Where(scene, _ => scene.Random.Chance(0.7));
        return Task.FromResult((links, new LinkRule { DelayMax = TimeSpan.FromMilliseconds(max) }, $"late by up to {max} ms: {Ways(links)}"));
    }
}

/// <summary>The ways to and from a server carry little.</summary>
internal sealed class SlowFault : LinkFault
{
    protected override Task<(List<ProxyLink> Links, LinkRule Rule, string What)> ChooseAsync(FaultScene scene, CancellationToken stop)
    {
        int server = AnyServer(scene);
        int rate = (int)scene.Random.NextInRange(50_000, 500_000);
        List<ProxyLink> links = Where(scene, l => l.From == server || l.To == server);
        return Task.FromResult((links, new LinkRule { BytesPerSecond = rate }, $"{rate} bytes a second to and from {server}"));
    }
}

/// <summary>Connections break in the middle of a frame: what loss comes to under TCP.</summary>
internal sealed class ResetFault : LinkFault
{
    protected override Task<(List<ProxyLink> Links, LinkRule Rule, string What)> ChooseAsync(FaultScene scene, CancellationToken stop)
    {
        double chance = 0.001 * scene.Random.NextInRange(1, 50);
        List<ProxyLink> links = Where(scene, _ => scene.Random.Chance(0.7));
        return Task.FromResult((links, new LinkRule { ResetChance = chance, DelayMax = TimeSpan.FromMilliseconds(5) }, $"one piece in {1 / chance:F0} breaks its connection: {Ways(links)}"));
    }
}
