using Banyan.Scene.Operations;
using Banyan.Sync.Peers;
using Banyan.Sync.Trees;
using Banyan.Sync.World;

namespace Banyan.Sync.Tests;

public sealed class GameRulesTests
{
    [Fact]
    public void A_peer_gets_its_scene_its_name_and_its_authority()
    {
        Assert.True(GameRules.TryParse(
            """{ "join": [ { "spawn": "uid://player", "under": "/root/Main/Players", "name": "P{peer}", "authorities": { "Pose": "{peer}" } } ] }""", out GameRules rules, out _));
        Assert.True(rules.TryJoin(7, new GameFiles(Game.Files()), out IReadOnlyList<SceneOperation> operations, out _));
        var spawn = Assert.IsType<SpawnOperation>(operations[0]);
        Assert.Equal((NodeRef.At("/root/Main/Players"), "P7", 1), (spawn.Parent, spawn.Template.Nodes[0].Name, spawn.Authority));
        Assert.Equal(new SetAuthorityOperation(NodeRef.At("/root/Main/Players/P7/Pose"), 7), operations[1]);
        Assert.Equal(new DespawnOperation(NodeRef.At("/root/Main/Players/P7")), Assert.Single(rules.Leave(7)));
    }

    [Fact]
    public void What_a_peer_had_may_stay()
    {
        Assert.True(GameRules.TryParse("""{ "leave": "keep" }""", out GameRules rules, out _));
        Assert.Empty(rules.Leave(7));
    }

    [Fact]
    public void A_scene_that_is_not_there_is_named()
    {
        Assert.True(GameRules.TryParse("""{ "join": [ { "spawn": "res://no.tscn", "under": "/root/Main" } ] }""", out GameRules rules, out _));
        Assert.False(rules.TryJoin(7, new GameFiles(Game.Files()), out _, out string error));
        Assert.Equal("res://no.tscn: no such scene", error);
    }

    [Fact]
    public void Of_several_trees_above_a_node_the_nearest_counts()
    {
        Assert.True(GameRules.TryParse("""{ "trees": { "/root/Main": "write", "/root/Main/Level": "read", "/root/Main/Level/Chest": "write" } }""", out GameRules rules, out _));
        string[] paths = ["/root", "/root/Main", "/root/Mainland", "/root/Main/A/B", "/root/Main/Level/C", "/root/Main/Level/Chest", "/root/Main/Levels"];
        Assert.Equal([TreeAccess.None, TreeAccess.Write, TreeAccess.None, TreeAccess.Write, TreeAccess.Read, TreeAccess.Write, TreeAccess.Write], paths.Select(rules.AccessTo));
        Assert.Equal((TreeAccess.Read, TreeAccess.Write, TreeAccess.Write), (rules.AccessToAll("/root/Main"), rules.AccessToAll("/root/Main/A"), rules.AccessToAll("/root/Main/Level/Chest")));
        Assert.Equal(TreeAccess.None, GameRules.None.AccessTo("/root"));
    }

    [Fact]
    public void Distances_are_counted_from_the_peers_own_node()
    {
        const string Within = """ "interest": { "within": { "/root/Main/Players": 40, "/root/Main/Props": 2.5 } } """;
        Assert.True(GameRules.TryParse("{" + Within + """, "join": [ { "spawn": "uid://player", "under": "/root/Main/Players", "name": "P{peer}" } ] }""", out GameRules rules, out _));
        Assert.Equal(("/root/Main/Players/P7", 40.0, 2.5, null), (rules.Interest.NodeOf(7), rules.Interest.DistanceBelow("/root/Main/Players"), rules.Interest.DistanceBelow("/root/Main/Props"), rules.Interest.DistanceBelow("/root/Main")));
        Assert.True(GameRules.TryParse("{" + Within + "}", out rules, out _));
        Assert.Null(rules.Interest.NodeOf(7));
        Assert.True(GameRules.TryParse("""{ "interest": { "from": "/root/Eyes/{peer}", "within": { "/root/Main": 1 } } }""", out rules, out _));
        Assert.Equal("/root/Eyes/7", rules.Interest.NodeOf(7));
        Assert.True(GameRules.None.Interest.IsEmpty);
    }

    [Theory]
    [InlineData("{ \"interest\": 40 }", "\"interest\": expected an object")]
    [InlineData("{ \"interest\": {} }", "\"within\" says of no path how far is seen")]
    [InlineData("{ \"interest\": { \"within\": 40 } }", "\"within\" is not known, or has a value of the wrong kind")]
    [InlineData("{ \"interest\": { \"within\": { \"Main\": 40 } } }", "\"Main\" is no path from /root")]
    [InlineData("{ \"interest\": { \"within\": { \"/root/Main\": 0 } } }", "expected a distance above 0")]
    [InlineData("{ \"interest\": { \"from\": \"me\", \"within\": { \"/root/Main\": 4 } } }", "\"from\": expected a path from /root")]
    [InlineData("{ \"trees\": [] }", "\"trees\": expected an object")]
    [InlineData("{ \"trees\": { \"Main\": \"read\" } }", "\"Main\" is no path from /root")]
    [InlineData("{ \"trees\": { \"/root/Main\": \"all\" } }", "expected \"read\" or \"write\"")]
    [InlineData("", "line 1: ")]
    [InlineData("[]", "expected an object")]
    [InlineData("{ \"joins\": [] }", "\"joins\" is none of")]
    [InlineData("{ \"join\": {} }", "\"join\": expected an array")]
    [InlineData("{ \"join\": [ 1 ] }", "\"join\": expected objects")]
    [InlineData("{ \"join\": [ { \"under\": \"/root\" } ] }", "\"spawn\" is missing")]
    [InlineData("{ \"join\": [ { \"spawn\": \"res://a.tscn\", \"under\": \"Main\" } ] }", "\"under\": expected a path from /root")]
    [InlineData("{ \"join\": [ { \"spawn\": \"res://a.tscn\", \"under\": \"/root\", \"x\": 1 } ] }", "\"x\" is not known")]
    [InlineData("{ \"leave\": \"stay\" }", "\"leave\": expected \"despawn\" or \"keep\"")]
    public void A_file_that_is_wrong_is_refused_with_what_is_wrong(string json, string expected)
    {
        Assert.False(GameRules.TryParse(json, out _, out string error));
        Assert.Contains(expected, error);
    }
}
