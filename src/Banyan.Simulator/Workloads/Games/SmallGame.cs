using System.Globalization;
using Banyan.Godot.Game;
using Banyan.Godot.Scenes;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Sync.Peers;

namespace Banyan.Simulator.Workloads.Games;

/// <summary>
/// The files of a small game: players that the cluster spawns and a client writes, items that the client spawns below its
/// player, and rooms of the cluster's with boxes in boxes. With code of its own: pets that the code spawns, and charges that
/// clients do, both by functions.
/// </summary>
internal sealed class SmallGame(GamesKind kind) : IProjectFiles
{
    public const string Main = "res://main.tscn";
    public const string Player = "res://player.tscn";
    public const string Item = "res://item.tscn";
    public const string Room = "res://room.tscn";
    public const string Box = "res://box.tscn";
    public const string Pet = "res://pet.tscn";
    public const string Charge = "res://charge.tscn";

    /// <summary>What boxes have from their scene, and may lose.</summary>
    public const string Lid = "Lid";

    /// <summary>What clients may follow.</summary>
    public const string Board = "/root/Main/Board";

    /// <summary>Properties that are in the tree: written on change.</summary>
    public static readonly string[] OnChange = ["title", "score", "count", "light", "open", "turn", "answered", "mood"];

    /// <summary>Properties that are not: each state replaces the one before.</summary>
    public static readonly string[] Always = ["place", "heat", "position", "warmth"];

    /// <summary>Properties of a charge, of which the tree has none by their names.</summary>
    public static readonly string[] OfCharges = ["heat", "count", "size"];

    /// <summary>From how far players are seen, if that matters.</summary>
    public const int Distance = 10;

    private readonly SortedDictionary<string, string> _files = new(StringComparer.Ordinal)
    {
        [Main] = $"""
            [gd_scene load_steps=4 format=3]

            [ext_resource type="Script" path="res://main.gd" id="1"]

            {(kind == GamesKind.Code ? Config("open", ("open", 2), ("turn", 2)) : Config("open", 2))}

            [node name="Main" type="Node"]
            script = ExtResource("1")

            [node name="Players" type="Node3D" parent="." groups=["zone"]]
            position = Vector3(0, 0, 0)

            [node name="PlayerSpawner" type="MultiplayerSpawner" parent="."]
            _spawnable_scenes = PackedStringArray("{Player}")
            spawn_path = NodePath("../Players")

            [node name="Rooms" type="Node3D" parent="." groups=["zone"]]
            position = Vector3(1000, 0, 1000)

            [node name="RoomSpawner" type="MultiplayerSpawner" parent="."]
            _spawnable_scenes = PackedStringArray("{Room}")
            spawn_path = NodePath("../Rooms")

            [node name="Door" type="Node" parent="."]

            [node name="State" type="MultiplayerSynchronizer" parent="Door"]
            replication_config = SubResource("open")
            {(kind == GamesKind.Code ? """

            [node name="Pets" type="Node" parent="."]

            [node name="PetSpawner" type="MultiplayerSpawner" parent="."]
            spawn_path = NodePath("../Pets")
            """ : "")}
            {(kind == GamesKind.Trees ? """

            [node name="Board" type="Node" parent="."]

            [node name="Own" type="Node" parent="Board"]

            [node name="Common" type="Node" parent="Board"]
            """ : "")}
            """,
        ["res://main.gd"] = $"""
            extends Node

            @rpc("any_peer", "reliable")
            func say(kind, number, total):
                pass
            {(kind == GamesKind.Code ? """

            @rpc("any_peer", "reliable")
            func ask(number):
                pass

            @rpc("reliable")
            func answer(number):
                pass
            """ : "")}
            """,
        [Player] = $"""
            [gd_scene load_steps=5 format=3]

            [ext_resource type="Script" path="res://player.gd" id="1"]

            [sub_resource type="SceneReplicationConfig" id="pose"]
            properties/0/path = NodePath(".:place")
            properties/0/spawn = true
            properties/0/replication_mode = 1
            properties/1/path = NodePath(".:title")
            properties/1/spawn = true
            properties/1/replication_mode = 2
            {(kind == GamesKind.Near ? """
            properties/2/path = NodePath(".:position")
            properties/2/spawn = true
            properties/2/replication_mode = 1
            """ : "")}

            {(kind == GamesKind.Code ? Config("score", ("score", 2), ("answered", 2)) : Config("score", 2))}

            [node name="Player" type="Node"]
            script = ExtResource("1")

            [node name="Pose" type="MultiplayerSynchronizer" parent="."]
            replication_interval = 0.1
            replication_config = SubResource("pose")

            [node name="Badge" type="MultiplayerSynchronizer" parent="."]
            replication_config = SubResource("score")

            [node name="Items" type="Node" parent="."]

            [node name="ItemSpawner" type="MultiplayerSpawner" parent="."]
            _spawnable_scenes = PackedStringArray("{Item}")
            spawn_path = NodePath("../Items")
            {(kind == GamesKind.Code ? """

            [node name="Charges" type="Node" parent="."]

            [node name="ChargeSpawner" type="MultiplayerSpawner" parent="."]
            spawn_path = NodePath("../Charges")
            """ : "")}
            """,
        ["res://player.gd"] = """
            extends Node

            @rpc("any_peer", "reliable")
            func poke():
                pass
            """,
        [Item] = Stated("Item", ("heat", 1), ("count", 2)),
        [Charge] = Stated("Charge", ("heat", 1), ("count", 2)),
        [Pet] = Stated("Pet", ("warmth", 1), ("mood", 2)),
        [Room] = $"""
            [gd_scene load_steps=2 format=3]

            {Config("light", 2)}

            [node name="Room" type="Node"]

            [node name="State" type="MultiplayerSynchronizer" parent="."]
            replication_config = SubResource("light")

            [node name="Boxes" type="Node" parent="."]

            [node name="BoxSpawner" type="MultiplayerSpawner" parent="."]
            _spawnable_scenes = PackedStringArray("{Box}")
            spawn_path = NodePath("../Boxes")
            """,
        [Box] = $"""
            [gd_scene load_steps=2 format=3]

            {Config("count", 2)}

            [node name="Box" type="Node"]

            [node name="Lid" type="Node" parent="."]

            [node name="State" type="MultiplayerSynchronizer" parent="."]
            replication_config = SubResource("count")

            [node name="Boxes" type="Node" parent="."]

            [node name="BoxSpawner" type="MultiplayerSpawner" parent="."]
            _spawnable_scenes = PackedStringArray("{Box}")
            spawn_path = NodePath("../Boxes")
            """,
    };

    /// <summary>A player for whoever comes.</summary>
    public GameRules Rules
    {
        get
        {
            bool isRead = GameRules.TryParse(
                $$"""
                {
                  "join": [ {
                    "spawn": "{{Player}}", "under": "/root/Main/Players", "name": "{peer}",
                    "authorities": { "Pose": "{peer}", "ItemSpawner": "{peer}"{{(kind == GamesKind.Code ? """, "ChargeSpawner": "{peer}" """ : "")}} } } ]{{(kind == GamesKind.Near ? $$""", "interest": { "within": { "/root/Main/Players": {{Distance}} } }""" : "")}}{{(kind == GamesKind.Trees ? $$""", "trees": { "{{Board}}": "write" }""" : "")}}
                }
                """, out GameRules rules, out string error);
            Invariant.Holds(isRead, error);
            return rules;
        }
    }

    public bool TryRead(string resPath, out string text) => _files.TryGetValue(resPath, out text!);

    public bool TryResolveUid(string uid, out string resPath)
    {
        resPath = "";
        return false;
    }

    /// <summary>What the scripts do when a node enters the tree: the player's name says whose it is.</summary>
    public static void OnEnterTree(GameNode node)
    {
        if (node.Parent?.Name == "Players" && int.TryParse(node.Name, CultureInfo.InvariantCulture, out int peer))
        {
            node.GetNode("Pose")!.SetMultiplayerAuthority(peer);
            node.GetNode("ItemSpawner")!.SetMultiplayerAuthority(peer);
            if (node.GetNodeOrNull("ChargeSpawner") is not MultiplayerSpawner charges) return;
            charges.SetMultiplayerAuthority(peer);
            charges.SpawnFunction = argument => MakeCharge(node.Game, argument);
        }
        else if (node is MultiplayerSpawner { Name: "PetSpawner" } pets)
        {
            pets.SpawnFunction = argument => MakePet(node.Game, argument);
        }
        else if (node.Parent?.Name is "Items" or "Charges" && int.TryParse(node.Parent.Parent!.Name, CultureInfo.InvariantCulture, out int owner))
        {
            node.GetNode("State")!.SetMultiplayerAuthority(owner);
        }
    }

    /// <summary>The name of a peer's pet.</summary>
    public static string PetOf(int peer) => $"Pet{peer}";

    private static GameNode? MakeCharge(GameTree tree, Variant argument)
    {
        GameNode? charge = tree.Instantiate(Charge);
        charge?.Set("size", argument);
        return charge;
    }

    private static GameNode? MakePet(GameTree tree, Variant argument)
    {
        GameNode? pet = tree.Instantiate(Pet);
        pet?.SetName(PetOf((int)argument.AsInt()));
        return pet;
    }

    // A scene with one node and its state.
    private static string Stated(string name, params (string Property, int Mode)[] properties) => $"""
        [gd_scene load_steps=2 format=3]

        {Config("1", properties)}

        [node name="{name}" type="Node"]

        [node name="State" type="MultiplayerSynchronizer" parent="."]
        replication_interval = 0.1
        replication_config = SubResource("1")
        """;

    private static string Config(string property, int mode) => Config(property, (property, mode));

    private static string Config(string id, params (string Property, int Mode)[] properties) =>
        string.Join('\n', properties.Select((p, i) => $"""
            properties/{i}/path = NodePath(".:{p.Property}")
            properties/{i}/spawn = true
            properties/{i}/replication_mode = {p.Mode}
            """).Prepend($"[sub_resource type=\"SceneReplicationConfig\" id=\"{id}\"]"));
}
