using Banyan.Client.Local;
using Banyan.Godot.Variants;

namespace Banyan.ProcessTests.Games;

/// <summary>examples/plaza: its code in the cluster, with the model of stock clients on several servers.</summary>
public sealed class PlazaTests
{
    [Fact]
    public async Task Of_two_who_grab_at_once_one_wins_and_all_see_the_same_also_who_comes_later()
    {
        await using LocalCluster cluster = await PlazaGameClient.StartClusterAsync(null);
        var clients = new List<PlazaGameClient>();
        try
        {
            for (int i = 0; i < 2; i++) clients.Add(await PlazaGameClient.ConnectAsync(cluster.Gateways[i]));
            foreach (PlazaGameClient client in clients) client.Grab();
            await UntilAsync(clients, () => clients.Sum(c => c.Refused.Count) == 1 && clients.TrueForAll(c => c.State.Holder != 0), "one to win");
            PlazaGameClient winner = clients.Single(c => c.Refused.Count == 0), loser = clients.Single(c => c != winner);
            Assert.Equal([winner.Peer], loser.Refused);
            AssertState(clients, (winner.Peer, winner.Peer, winner.Peer));

            // What it does with it is seen, by late ones too.
            winner.Hold(4);
            await UntilAsync(clients, () => loser.X == 4, "the prop in the winner's hand");
            PlazaGameClient late = await PlazaGameClient.ConnectAsync(cluster.Gateways[2]);
            clients.Add(late);
            await UntilAsync(clients, () => late.X == 4, "the prop at the late one");
            AssertState(clients, (winner.Peer, winner.Peer, winner.Peer));

            // Put down it stays the winner's, until another one takes it.
            winner.Release(Transform3D.Identity);
            await UntilAsync(clients, () => clients.TrueForAll(c => c.State.Holder == 0), "the prop put down");
            AssertState(clients, (winner.Peer, winner.Peer, 0));
            loser.Grab();
            await UntilAsync(clients, () => clients.TrueForAll(c => c.State.Holder == loser.Peer), "the other one to have it");
            AssertState(clients, (loser.Peer, loser.Peer, loser.Peer));
            winner.Hold(7);
            loser.Hold(5);
            await UntilAsync(clients, () => late.X == 5, "the prop in the other's hand");

            // It stays where its keeper was seen with it last.
            await loser.DisposeAsync();
            clients.Remove(loser);
            await UntilAsync(clients, () => clients.TrueForAll(c => c.State == (1, 1, 0) && c.X == 5), "the prop without a keeper");
            AssertNoErrors(clients, cluster);
        }
        finally
        {
            foreach (PlazaGameClient client in clients) await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_door_is_the_same_to_all_to_late_ones_and_after_all_servers_were_down()
    {
        using var folder = new TemporaryFolder();
        var clients = new List<PlazaGameClient>();
        try
        {
            await using (LocalCluster cluster = await PlazaGameClient.StartClusterAsync(folder.Path))
            {
                for (int i = 0; i < 2; i++) clients.Add(await PlazaGameClient.ConnectAsync(cluster.Gateways[i]));
                clients[0].WantOpen(true);
                await UntilAsync(clients, () => clients.TrueForAll(c => c.IsOpen), "the door open");
                clients[1].WantOpen(false);
                await UntilAsync(clients, () => clients.TrueForAll(c => !c.IsOpen), "the door closed");
                clients[0].WantOpen(true);
                clients.Add(await PlazaGameClient.ConnectAsync(cluster.Gateways[2]));
                await UntilAsync(clients, () => clients.TrueForAll(c => c.IsOpen), "the door open to all");
                clients[0].Grab();
                await UntilAsync(clients, () => clients.TrueForAll(c => c.State.Holder == clients[0].Peer), "a prop in a hand");
                clients[0].Release(new(Basis.Identity, new(3, float.NaN, 1000)));
                await UntilAsync(clients, () => clients.TrueForAll(c => c.State.Holder == 0), "the prop put down");
                AssertNoErrors(clients, cluster);
                for (int server = 1; server <= 3; server++) cluster.Kill(server);
                foreach (PlazaGameClient client in clients) await client.DisposeAsync();
                clients.Clear();
            }

            await using LocalCluster again = await PlazaGameClient.RestartClusterAsync(folder.Path);
            clients.Add(await PlazaGameClient.ConnectAsync(again.Gateways[0]));
            await UntilAsync(clients, () => clients[0].IsOpen, "the door as it was");
            await UntilAsync(clients, () => clients[0].State == (1, 1, 0), "the prop of one who is gone");
            Assert.Equal(new(3, 0.15f, 15), clients[0].Amber!.Get("rest").AsTransform3D().Origin);
            AssertNoErrors(clients, again);
        }
        finally
        {
            foreach (PlazaGameClient client in clients) await client.DisposeAsync();
        }
    }

    private static void AssertState(List<PlazaGameClient> clients, (int Keeper, int Authority, int Holder) state) => Assert.All(clients, c => Assert.Equal(state, c.State));

    private static void AssertNoErrors(List<PlazaGameClient> clients, LocalCluster cluster)
    {
        Assert.All(clients, c => Assert.True(c.Tree.Errors.Count == 0, string.Join("; ", c.Tree.Errors)));
        for (int server = 1; server <= 3; server++) Assert.DoesNotContain("the game's code has thrown", cluster.OutputOf(server));
    }

    private static Task UntilAsync(List<PlazaGameClient> clients, Func<bool> holds, string what) => Poll.UntilAsync(
        () =>
        {
            foreach (PlazaGameClient client in clients) client.Process();
            return holds();
        }, () => $"{what}; {string.Join("\n", clients.Select(c => $"{c.Peer} sees {c.State}, door {c.IsOpen}, refused {c.Refused.Count}; {string.Join("; ", c.Tree.Errors.Take(3))}"))}");
}
