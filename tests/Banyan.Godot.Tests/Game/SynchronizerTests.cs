using Banyan.Godot.Game;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Tests.Game;

public sealed class SynchronizerTests
{
    private readonly GameNetwork _network = SmallGame.Network();
    private readonly GameTree _a;
    private readonly GameTree _b;

    public SynchronizerTests()
    {
        _a = _network.Connect(2);
        _b = _network.Connect(3);
        _network.Server.Add("Players", SmallGame.Player, "2");
        _network.Deliver();
    }

    [Fact]
    public void A_client_moves_its_player_for_all_through_the_server()
    {
        _a.Node("Players/2").Set("position", new Vector3(1, 0, 0));
        _a.Node("Players/2/Head").Set("rotation", new Vector3(0, 1, 0));
        _a.Node("Players/2").Set("title", "Sir");
        _network.Settle();
        Assert.All(_network.Games, g => Assert.Equal(SmallGame.Dump(_a), SmallGame.Dump(g)));
        Assert.Equal(new Vector3(0, 1, 0), _b.Node("Players/2/Head").Get("rotation"));
        _network.AssertNoErrors();
    }

    [Fact]
    public void A_synchronizer_that_its_authority_did_not_spawn_waits_for_its_path_to_be_confirmed()
    {
        _network.Sent.Clear();
        _network.Frame();
        Assert.Equal(1, _network.Count(2, 1, PacketCommand.SimplifyPath) - 1);
        Assert.Equal(0, _network.Count(2, 1, PacketCommand.Sync));
        _network.Deliver();
        _network.Frame();
        Assert.Equal(2, _network.Count(2, 1, PacketCommand.Sync));
        Assert.Equal(0x80000001u, ((MultiplayerSynchronizer)_a.Node("Players/2/Pose")).NetId);
        _network.AssertNoErrors();
    }

    [Fact]
    public void Several_synchronizers_of_a_node_have_authorities_of_their_own()
    {
        _network.Server.Node("Players/2").Set("health", 55);
        _a.Node("Players/2").Set("position", new Vector3(0, 0, 9));
        _network.Settle();
        Assert.All(_network.Games, g => Assert.Equal((55, new Vector3(0, 0, 9)), (g.Node("Players/2").Get("health"), g.Node("Players/2").Get("position"))));
        _network.AssertNoErrors();
    }

    [Fact]
    public void A_synchronizer_of_the_scene_itself_is_known_by_its_path()
    {
        _network.Server.Node("").Set("round", 4);
        _network.Settle();
        Assert.Equal(4, _a.Node("").Get("round"));
        Assert.Equal(4, _b.Node("").Get("round"));
        _network.AssertNoErrors();
    }

    [Fact]
    public void Changes_are_sent_once_and_states_every_time()
    {
        GameNode item = _network.Server.Add("Items", SmallGame.Item, "Sword");
        _network.Settle();
        _network.Sent.Clear();
        _network.Frame();
        _network.Frame();
        Assert.Equal((2, 0), (_network.Count(1, 3, PacketCommand.Sync), _network.Count(1, 3, PacketCommand.Delta)));
        item.Set("count", 1);
        _network.Frame();
        _network.Frame();
        Assert.Equal((4, 1), (_network.Count(1, 3, PacketCommand.Sync), _network.Count(1, 3, PacketCommand.Delta)));
    }

    [Fact]
    public void An_interval_is_kept()
    {
        _network.Server.Add("Items", SmallGame.Item, "Sword");
        var state = (MultiplayerSynchronizer)_network.Server.Node("Items/Sword/State");
        state.ReplicationIntervalMicroseconds = 100_000;
        state.DeltaIntervalMicroseconds = 100_000;
        _network.Settle();
        _network.Frame(100_000);
        _network.Sent.Clear();
        for (int i = 0; i < 100; i++)
        {
            state.RootNode!.Set("count", i);
            _network.Frame(10_000);
        }

        Assert.Equal((10, 10), (_network.Count(1, 2, PacketCommand.Sync), _network.Count(1, 2, PacketCommand.Delta)));
    }

    [Fact]
    public void An_older_state_is_passed_over_without_a_word()
    {
        _network.Server.Add("Items", SmallGame.Item, "Sword");
        _network.Settle();
        GameNode seen = _b.Node("Items/Sword");
        uint id = ((MultiplayerSynchronizer)seen.Child("State")!).NetId;
        _b.Multiplayer.OnPacket(1, State(sequence: 60, id, x: 1));
        _b.Multiplayer.OnPacket(1, State(sequence: 59, id, x: 2));
        _b.Multiplayer.OnPacket(1, State(sequence: 60, id, x: 3));
        Assert.Equal(new Vector3(1, 0, 0), seen.Get("position"));
        _b.Multiplayer.OnPacket(1, State(sequence: 61, id, x: 4));
        Assert.Equal(new Vector3(4, 0, 0), seen.Get("position"));
        _network.AssertNoErrors();
    }

    [Fact]
    public void A_state_of_a_peer_without_the_authority_is_an_error_and_nothing_else()
    {
        _network.Settle();
        // The server's numbers for its synchronizers are no numbers of a client's; a path is, whoever has the say there.
        _b.Multiplayer.Rpc(_b.Node("Players/2"), "hit", [1], 1);
        _b.Node("Players/2/Pose").SetMultiplayerAuthority(3);
        _b.Node("Players/2").Set("position", new Vector3(6, 6, 6));
        _network.Frame();
        _network.Deliver();
        _b.Node("Players/2").Set("position", new Vector3(6, 6, 6));
        _network.Frame();
        _network.Deliver();
        Assert.NotEqual(new Vector3(6, 6, 6), _network.Server.Node("Players/2").Get("position"));
        Assert.Contains(_network.Server.Errors, e => e.StartsWith("Ignoring sync data from non-authority"));
        Assert.Contains(_network.Server.Errors, e => e.StartsWith("Ignoring delta for non-authority"));
        Assert.Contains(_a.Errors, e => e.StartsWith("Ignoring sync data from non-authority"));
    }

    [Fact]
    public void A_state_for_what_is_not_there_yet_is_passed_over_and_a_change_is_an_error()
    {
        _b.Multiplayer.OnPacket(1, State(sequence: 1, id: 999, x: 1));
        Assert.Empty(_b.Errors);
        _b.Multiplayer.OnPacket(1, [0x16, 231, 3, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2, 1]);
        Assert.Single(_b.Errors);
    }

    [Fact]
    public void States_are_cut_into_packets_at_the_limit()
    {
        for (int i = 0; i < 100; i++) _network.Server.Add("Items", SmallGame.Item, "I" + i);
        _network.Settle();
        _network.Sent.Clear();
        _network.Frame();
        // 100 entries of 24 bytes; 56 of them fit behind a head of 3.
        Assert.Equal([3 + (56 * 24), 3 + (44 * 24)], _network.Sent.Where(s => s.To == 3 && s.Hex.StartsWith("06")).Select(s => s.Hex.Length / 2));
        _network.Deliver();
        _network.AssertNoErrors();
    }

    [Fact]
    public void A_state_too_large_for_a_packet_is_not_sent()
    {
        GameNode item = _network.Server.Add("Items", SmallGame.Item, "Sword");
        _network.Settle();
        item.Set("position", new string('x', 1400));
        _network.Frame();
        Assert.Contains("bigger than MTU", _network.Server.Errors[0]);
    }

    [Fact]
    public void A_state_that_just_fits_has_an_empty_packet_before_it_of_which_the_receiver_complains()
    {
        GameNode item = _network.Server.Add("Items", SmallGame.Item, "Sword");
        _network.Settle();
        _network.Sent.Clear();
        item.Set("position", new string('x', 1336));
        _network.Frame();
        Assert.Equal([3, 11 + 1344], _network.Sent.Where(s => s.To == 3 && s.Hex.StartsWith("06")).Select(s => s.Hex.Length / 2));
        _network.Deliver();
        Assert.Equal(["Invalid sync packet received"], _b.Errors);
    }

    private static byte[] State(ushort sequence, uint id, float x)
    {
        Banyan.Primitives.ByteWriter state = new();
        Godot.Multiplayer.State.Write(state, [new Vector3(x, 0, 0)]);
        Banyan.Primitives.ByteWriter packet = new();
        Assert.Equal(AppendResult.Appended, new SyncPacketWriter(packet, sequence).Append(id, state.Written));
        return packet.ToArray();
    }
}
