using Banyan.Client.Local;
using Banyan.Godot.Variants;

namespace Banyan.ProcessTests.Games;

/// <summary>Stock games on two servers whose players see each other from 40 away.</summary>
public sealed class InterestTests
{
    [Fact]
    public async Task Players_and_their_peers_come_near_and_go_away_again()
    {
        using var files = new GameFolder();
        File.WriteAllText(Path.Combine(files.Path, "banyan.json"), """
            {
              "join": [ { "spawn": "res://player.tscn", "under": "/root/Main/Players", "name": "{peer}", "authorities": { "Pose": "{peer}", "DropSpawner": "{peer}" } } ],
              "interest": { "within": { "/root/Main/Players": 40 } }
            }
            """);
        await using LocalCluster cluster = await GameCluster.StartAsync(files, servers: 2);
        await using ModelGame one = await ModelGame.ConnectAsync(cluster.Gateways[0], files);
        await using ModelGame two = await ModelGame.ConnectAsync(cluster.Gateways[1], files);
        (string first, string second) = ($"{one.Peer}", $"{two.Peer}");
        one.Player!.Set("title", "first");
        one.Drop(3);
        await ModelGame.UntilAsync(() => Sees(one, two) && Sees(two, one) && two.Look(first) == one.Look(first), one, two);

        one.Player.Set("position", new Vector3(500, 0, 0));
        await ModelGame.UntilAsync(() => !Sees(one, two) && !Sees(two, one), one, two);
        Assert.Equal([first], one.Players);
        Assert.Equal([second], two.Players);
        one.Player.Set("title", "away");
        one.Drop(4);

        two.Player!.Set("position", new Vector3(480, 0, 0));
        await ModelGame.UntilAsync(() => Sees(one, two) && Sees(two, one) && two.Look(first) == one.Look(first) && one.Look(second) == two.Look(second), one, two);
        Assert.Equal(2, ModelGame.Drops(two.Main.GetNodeOrNull($"Players/{first}")!).Count);
        Assert.Empty(one.Tree.Errors.Concat(two.Tree.Errors));
    }

    private static bool Sees(ModelGame who, ModelGame whom) =>
        who.Tree.Multiplayer.Peers.Contains(whom.Peer) && who.Main.GetNodeOrNull($"Players/{whom.Peer}") is not null;
}
