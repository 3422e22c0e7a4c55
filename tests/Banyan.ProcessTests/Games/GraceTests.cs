using System.Diagnostics;
using Banyan.Client.Local;

namespace Banyan.ProcessTests.Games;

/// <summary>How long a session may be without a connection.</summary>
public sealed class GraceTests
{
    [Fact]
    public async Task A_session_that_comes_again_within_the_grace_stays_and_another_leaves_everywhere()
    {
        const double Grace = 5;
        using var files = new GameFolder();
        await using LocalCluster cluster = await GameCluster.StartAsync(files, 3, "--grace", $"{Grace}");
        await using ModelGame witness = await ModelGame.ConnectAsync(cluster.Gateways[0], files);
        await using ModelGame back = await ModelGame.ConnectAsync([cluster.Gateways[1], cluster.Gateways[2]], files);
        await using ModelGame lost = await ModelGame.ConnectAsync([cluster.Gateways[2], cluster.Gateways[1]], files);
        ModelGame[] games = [witness, back, lost];
        await ModelGame.UntilAsync(() => games.All(g => g.Players.Length == 3 && g.Tree.Multiplayer.Peers.Count == 3), games);
        int peer = back.Peer;

        // Neither connects again before its next frame.
        back.Connection.Drop();
        await Poll.UntilAsync(async () => await ClientsAsync(cluster.Gateways[1]) == 0, () => "the server to notice");
        var away = Stopwatch.StartNew();
        lost.Connection.Drop();
        await ModelGame.UntilAsync(() => back.Connection.IsOpen, back);

        // The one that came again would have been the first to go.
        await ModelGame.UntilAsync(() => witness.Players.Length == 2 && !witness.Tree.Multiplayer.Peers.Contains(lost.Peer), witness, back);
        Assert.InRange(away.Elapsed.TotalSeconds, Grace - 0.1, Grace + 15);
        foreach (Uri gateway in cluster.Gateways)
            await Poll.UntilAsync(async () => (await Door.GamesAsync(gateway)).GetProperty("peers").GetInt32() == 2, () => $"the record to go at {gateway}");
        await ModelGame.UntilAsync(() => back.Players.Length == 2 && !back.Tree.Multiplayer.Peers.Contains(lost.Peer), back);
        Assert.Equal(peer, back.Peer);
        Assert.Equal(1, back.Connection.Failovers);
        Assert.Equal(0, lost.Connection.Failovers);
        Assert.Contains($"{peer}", witness.Players);
        Assert.Contains(peer, witness.Tree.Multiplayer.Peers);

        await ModelGame.UntilAsync(() => lost.Connection.Ended is not null, lost);
        Assert.Equal($"could not resume: peer {lost.Peer} has no session here any more", lost.Connection.Ended);
    }

    private static async Task<int> ClientsAsync(Uri gateway) => (await Door.GamesAsync(gateway)).GetProperty("clients").GetInt32();
}
