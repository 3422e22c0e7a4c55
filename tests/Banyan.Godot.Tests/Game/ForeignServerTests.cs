using Banyan.Godot.Game;
using Banyan.Godot.Tests.Multiplayer;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Tests.Game;

/// <summary>A client at a server that is none of ours: only bytes, with numbers that a Godot would not have chosen.</summary>
public sealed class ForeignServerTests
{
    private readonly GameTree _client = new(SmallGame.Files());
    private readonly List<string> _sent = [];

    public ForeignServerTests()
    {
        SmallGame.Script(_client);
        _client.ChangeScene(SmallGame.Main);
        _client.Multiplayer.Join((to, packet, reliable) => _sent.Add($"{to} {(reliable ? "r" : "u")} {Bytes.Hex(packet)}"));
        _client.Multiplayer.OnConnected(0x7FFFFFFF);
    }

    [Fact]
    public void It_spawns_takes_states_and_despawns()
    {
        string noMethods = Bytes.Hex("d41d8cd98f00b204e9800998ecf8427e"u8);
        Receive("01" + noMethods + "00" + "ffffff7f" + Bytes.Hex("Main/ItemSpawner\0"u8));
        Assert.Equal(["1 r 0201ffffff7f"], _sent);
        string position = "09000000" + "0000803f" + "00000040" + "00004040";
        Receive("04" + "01" + "ffffff7f" + "00000080" + "01000000" + "02000000" + "44332211" + Bytes.Hex("A\0"u8) + position + "0203");
        GameNode item = _client.Node("Items/A");
        Assert.Equal((new Vector3(1, 2, 3), 3), (item.Get("position"), item.Get("count")));
        Receive("06" + "ffff" + "44332211" + "10000000" + "09000000" + "0000003f0000000000000000");
        Receive("16" + "44332211" + "0100000000000000" + "02000000" + "0209");
        Assert.Equal((new Vector3(0.5f, 0, 0), 9), (item.Get("position"), item.Get("count")));
        Receive("05" + "00000080");
        Assert.False(_client.Has("Items/A"));
        Assert.Empty(_client.Errors);
        Assert.Single(_sent);
    }

    [Fact]
    public void It_is_sent_a_player_of_its_own_and_the_client_answers_by_path()
    {
        string md5 = Bytes.Hex("d41d8cd98f00b204e9800998ecf8427e"u8);
        Receive("01" + md5 + "00" + "05000000" + Bytes.Hex("Main/PlayerSpawner\0"u8));
        Receive("04" + "00" + "05000000" + "07000000" + "01000000" + "0b000000" + "08000000" + Bytes.Hex("2147483647\0"u8) + "0264");
        GameNode player = _client.Node("Players/2147483647");
        Assert.Equal(100, player.Get("health"));
        player.Set("title", "x");
        _sent.Clear();
        _client.Process(1_000_000);
        Assert.Equal(["1 r 01" + md5 + "00" + "01000000" + Bytes.Hex("Main/Players/2147483647/Pose\0"u8)], _sent);
        _sent.Clear();
        Receive("0201" + "01000000");
        _client.Process(1_016_667);
        string zero = "09000000" + "000000000000000000000000";
        Assert.Equal(
            [
                "1 u 06" + "0200" + "01000080" + "20000000" + zero + zero,
                "1 r 16" + "01000080" + "0100000000000000" + "0c000000" + "04000000" + "01000000" + "78000000",
            ], _sent);
        Assert.Empty(_client.Errors);
    }

    [Fact]
    public void Whatever_it_sends_the_client_stays_up()
    {
        Banyan.Primitives.SeededRandom random = new(7);
        string before = SmallGame.Dump(_client);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] packet = new byte[random.Next(60)];
            for (int j = 0; j < packet.Length; j++) packet[j] = (byte)(random.Chance(0.5) ? random.Next(8) : random.Next(256));
            _client.Multiplayer.OnPacket(1, packet);
            if (i % 100 == 0) _client.Process(1_000_000 + i);
        }

        Assert.Equal(before, SmallGame.Dump(_client));
        Assert.True(_client.Errors.Count > 10_000);
    }

    [Fact]
    public void A_replication_config_may_have_a_file_of_its_own()
    {
        var files = SmallGame.Files();
        files["res://sync.tres"] = """
            [gd_resource type="SceneReplicationConfig" format=3 uid="uid://sync"]

            [resource]
            properties/0/path = NodePath(".:count")
            properties/0/spawn = true
            properties/0/replication_mode = 2
            """;
        files["res://lamp.tscn"] = """
            [gd_scene load_steps=2 format=3]

            [ext_resource type="SceneReplicationConfig" path="res://sync.tres" id="1"]

            [node name="Lamp" type="Node"]

            [node name="State" type="MultiplayerSynchronizer" parent="."]
            replication_config = ExtResource("1")
            """;
        GameTree game = new(files);
        var state = (MultiplayerSynchronizer)game.Instantiate("res://lamp.tscn")!.Child("State")!;
        Assert.Equal([".:count"], state.ReplicationConfig!.Watch.Select(p => p.ToString()));
        Assert.Empty(game.Errors);
    }

    private void Receive(string hex) => _client.Multiplayer.OnPacket(1, Bytes.Of(hex));
}
