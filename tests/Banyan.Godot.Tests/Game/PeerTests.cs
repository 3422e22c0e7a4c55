using System.Collections.Immutable;
using Banyan.Godot.Game;
using Banyan.Godot.Tests.Multiplayer;

namespace Banyan.Godot.Tests.Game;

public sealed class PeerTests
{
    private readonly GameNetwork _network = SmallGame.Network();

    [Fact]
    public void Clients_learn_of_each_other_from_the_server()
    {
        List<string> events = [];
        GameTree a = _network.Connect(2, Watch);
        _network.Deliver();
        _network.Connect(3);
        _network.Deliver();
        Assert.Equal([1, 3], a.Multiplayer.Peers);
        _network.Disconnect(3);
        _network.Deliver();
        Assert.Equal([1], a.Multiplayer.Peers);
        Assert.Equal(["server", "+1", "+3", "-3"], events);
        _network.AssertNoErrors();

        void Watch(GameTree client)
        {
            client.Multiplayer.ConnectedToServer += () => events.Add("server");
            client.Multiplayer.PeerConnected += p => events.Add("+" + p);
            client.Multiplayer.PeerDisconnected += p => events.Add("-" + p);
        }
    }

    [Fact]
    public void Without_the_relay_clients_know_the_server_only()
    {
        _network.Server.Multiplayer.ServerRelay = false;
        GameTree a = _network.Connect(2, c => c.Multiplayer.ServerRelay = false);
        _network.Connect(3, c => c.Multiplayer.ServerRelay = false);
        _network.Deliver();
        Assert.Equal([1], a.Multiplayer.Peers);
        a.Multiplayer.OnPacket(1, Bytes.Of("0701 03000000"));
        Assert.Single(a.Errors);
    }

    [Theory]
    [InlineData(0, new[] { 1, 3, 4 })]
    [InlineData(3, new[] { 3 })]
    [InlineData(-3, new[] { 1, 4 })]
    [InlineData(-1, new[] { 3, 4 })]
    [InlineData(1, new[] { 1 })]
    public void Bytes_of_the_game_go_to_whom_they_are_sent(int to, int[] expected)
    {
        List<int> got = [];
        foreach (int id in new[] { 2, 3, 4 }) _network.Connect(id);
        _network.Deliver();
        foreach ((int id, GameTree game) in _network.Clients.Select(c => (c.Key, c.Value)).Append((1, _network.Server)))
        {
            game.Multiplayer.PeerPacket += (from, bytes) =>
            {
                Assert.Equal(2, from);
                Assert.Equal<byte>([9, 8], bytes);
                got.Add(id);
            };
        }

        _network.Clients[2].Multiplayer.SendBytes([9, 8], to);
        _network.Deliver();
        Assert.Equal(expected, got.Order());
        _network.AssertNoErrors();
    }

    [Fact]
    public void A_peer_is_admitted_when_both_sides_say_so()
    {
        List<string> log = [];
        _network.Server.Multiplayer.AuthCallback = (peer, bytes) =>
        {
            log.Add($"server got {Bytes.Hex(bytes.AsSpan())} of {peer}");
            _network.Server.Multiplayer.SendAuth(peer, [2]);
            _network.Server.Multiplayer.CompleteAuth(peer);
        };
        GameTree client = _network.Connect(2, c =>
        {
            c.Multiplayer.AuthCallback = (peer, bytes) =>
            {
                log.Add($"client got {Bytes.Hex(bytes.AsSpan())} of {peer}");
                c.Multiplayer.CompleteAuth(peer);
            };
            c.Multiplayer.PeerAuthenticating += peer => c.Multiplayer.SendAuth(peer, [1]);
        });
        Assert.Equal([2], _network.Server.Multiplayer.AuthenticatingPeers);
        Assert.Empty(_network.Server.Multiplayer.Peers);
        _network.Deliver();
        Assert.Equal(["server got 01 of 2", "client got 02 of 1"], log);
        Assert.Equal([2], _network.Server.Multiplayer.Peers);
        Assert.Equal([1], client.Multiplayer.Peers);
        _network.AssertNoErrors();
    }

    [Fact]
    public void Who_takes_too_long_to_authenticate_is_sent_away()
    {
        List<int> failed = [];
        List<int> closed = [];
        _network.Server.Multiplayer.AuthCallback = (_, _) => { };
        _network.Server.Multiplayer.PeerAuthenticationFailed += failed.Add;
        _network.Server.Multiplayer.DisconnectRequested += closed.Add;
        _network.Connect(2, c => c.Multiplayer.AuthCallback = (_, _) => { });
        _network.Frame();
        _network.Frame(2_999_999);
        Assert.Empty(failed);
        _network.Frame(1);
        Assert.Equal([2], failed);
        Assert.Equal([2], closed);
        Assert.Empty(_network.Server.Multiplayer.AuthenticatingPeers);
    }

    [Fact]
    public void Until_it_is_admitted_a_peer_can_do_nothing_else()
    {
        _network.Server.Multiplayer.AuthCallback = (_, _) => { };
        _network.Connect(2, c => c.Multiplayer.AuthCallback = (_, _) => { });
        _network.Server.Multiplayer.OnPacket(2, [3, 1]);
        _network.Server.Multiplayer.OnPacket(5, [3, 1]);
        Assert.Equal(["a packet of peer 2, which is not admitted yet", "a packet of peer 5, which is not connected"], _network.Server.Errors);
    }

    [Fact]
    public void A_client_cannot_bring_peers()
    {
        _network.Connect(2);
        _network.Server.Multiplayer.OnPacket(2, Bytes.Of("0701 09000000"));
        Assert.Equal([2], _network.Server.Multiplayer.Peers);
        Assert.Single(_network.Server.Errors);
    }

    [Fact]
    public void A_kicked_peer_is_gone_for_all_without_an_event_at_the_server()
    {
        GameTree a = _network.Connect(2);
        _network.Connect(3);
        _network.Deliver();
        _network.Server.Multiplayer.PeerDisconnected += _ => Assert.Fail("disconnect_peer is silent");
        _network.Server.Multiplayer.DisconnectPeer(3);
        _network.Deliver();
        Assert.Equal([2], _network.Server.Multiplayer.Peers);
        Assert.Equal([1], a.Multiplayer.Peers);
        Assert.Equal([2], _network.Clients.Keys);
        _network.AssertNoErrors();
    }

    [Fact]
    public void A_client_that_never_reaches_its_server_says_so()
    {
        int failed = 0;
        GameTree game = new(SmallGame.Files());
        game.ChangeScene(SmallGame.Main);
        game.Multiplayer.ConnectionFailed += () => failed++;
        game.Multiplayer.Join((_, _, _) => { });
        Assert.False(game.Node("").IsMultiplayerAuthority());
        game.Multiplayer.OnPeerDisconnected(1);
        Assert.Equal(1, failed);
        game.Multiplayer.GoOffline();
        Assert.True(game.Node("").IsMultiplayerAuthority());
        Assert.Empty(game.Errors);
    }

    [Fact]
    public void A_client_that_spawned_before_it_joined_fails_as_in_the_engine()
    {
        // Its spawner tracks what it added as the offline peer 1, and is not the authority any more when the server comes.
        GameTree client = _network.Connect(2, c => c.Add("Items", SmallGame.Item, "Mine"));
        Assert.Single(client.Errors);
    }

    [Fact]
    public void A_client_that_comes_back_begins_anew()
    {
        _network.Server.Add("Items", SmallGame.Item, "Sword");
        GameTree client = _network.Connect(2);
        _network.Settle();
        _network.Disconnect(2);
        Assert.False(client.Has("Items/Sword"));
        List<ImmutableArray<byte>> sent = [];
        client.Multiplayer.Join((_, packet, _) => sent.Add([.. packet]));
        client.Multiplayer.OnConnected(5);
        GameTree server = _network.Server;
        Assert.Equal(5, client.Multiplayer.UniqueId);
        Assert.Equal([1], client.Multiplayer.Peers);
        Assert.Empty(sent);
        Assert.Empty(client.Errors);
        Assert.Empty(server.Multiplayer.Peers);
    }
}
