using Banyan.Godot.Game;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Tests.Multiplayer;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Tests.Game;

public sealed class RpcTests
{
    private readonly GameNetwork _network = SmallGame.Network();
    private readonly GameTree _a;
    private readonly GameTree _b;

    public RpcTests()
    {
        _a = _network.Connect(2);
        _b = _network.Connect(3);
        _network.Settle();
        _network.Sent.Clear();
    }

    private GameTree Server => _network.Server;

    [Theory]
    [InlineData(1, 0, new[] { 1, 2, 3 })]
    [InlineData(1, 2, new[] { 2 })]
    [InlineData(1, 1, new[] { 1 })]
    [InlineData(1, -2, new[] { 1, 3 })]
    [InlineData(2, 0, new[] { 1, 2, 3 })]
    [InlineData(2, 1, new[] { 1 })]
    [InlineData(2, 3, new[] { 3 })]
    [InlineData(2, -3, new[] { 1, 2 })]
    [InlineData(2, -1, new[] { 2, 3 })]
    public void A_call_arrives_where_it_is_sent_and_at_the_caller_if_it_calls_local(int from, int to, int[] expected)
    {
        GameTree caller = from == 1 ? Server : _a;
        Assert.True(caller.Multiplayer.Rpc(caller.Node(""), "say", ["hi"], to));
        _network.Deliver();
        Assert.Equal(expected, _network.Calls.Select(c => c.At).Order());
        Assert.All(_network.Calls, c => Assert.Equal((from, "say", "/root/Main"), (c.Call.Sender, c.Call.Method, c.Call.Node.Path)));
        Assert.All(_network.Calls, c => Assert.Equal<Variant>(["hi"], c.Call.Arguments));
        _network.AssertNoErrors();
    }

    [Fact]
    public void All_but_oneself_is_no_target_in_the_engine()
    {
        Server.Multiplayer.Rpc(Server.Node(""), "say", ["hi"], -1);
        _a.Multiplayer.Rpc(_a.Node(""), "say", ["hi"], -2);
        Assert.Contains("unknown peer ID: -1", Assert.Single(Server.Errors));
        Assert.Contains("unknown peer ID: -2", Assert.Single(_a.Errors));
        Assert.Empty(_network.Calls);
    }

    [Fact]
    public void The_path_goes_with_a_call_until_it_is_confirmed()
    {
        // The synchronizer of the scene has 1 already.
        Server.Multiplayer.Rpc(Server.Node(""), "announce", ["x", 7]);
        string path = Bytes.Hex("Main\0"u8);
        string arguments = "02" + "0400000001000000" + "78000000" + "0207";
        string digest = Bytes.Hex(System.Text.Encoding.ASCII.GetBytes(Server.Node("").RpcMethods.Md5));
        Assert.Equal(
            ["01" + digest + "00" + "02000000" + path, "20" + "15000080" + "00" + arguments + path],
            _network.Sent.Where(s => s.To == 2).Select(s => s.Hex));
        _network.Deliver();
        _network.Sent.Clear();
        Server.Multiplayer.Rpc(Server.Node(""), "announce", ["x", 7]);
        Assert.Equal(["00" + "02" + "00" + arguments], _network.Sent.Where(s => s.To == 2).Select(s => s.Hex));
        _network.Deliver();
        Assert.Equal([2, 2, 3, 3], _network.Calls.Select(c => c.At).Order());
        _network.AssertNoErrors();
    }

    [Fact]
    public void Who_has_confirmed_gets_the_number_while_another_still_gets_the_path()
    {
        Server.Multiplayer.Rpc(Server.Node(""), "announce", [], 2);
        _network.Deliver();
        _network.Sent.Clear();
        Server.Multiplayer.Rpc(Server.Node(""), "announce", []);
        Assert.Equal("a0" + "02000000" + "00", _network.Sent.Single(s => s.To == 2).Hex);
        Assert.Equal("a0" + "06000080" + "00" + Bytes.Hex("Main\0"u8), _network.Sent.Last(s => s.To == 3).Hex);
        _network.Deliver();
        Assert.Equal([2, 2, 3], _network.Calls.Select(c => c.At).Order());
        _network.AssertNoErrors();
    }

    [Fact]
    public void Only_the_authority_may_call_what_is_for_the_authority()
    {
        Assert.True(_a.Multiplayer.Rpc(_a.Node(""), "announce", ["x", 1]));
        _network.Deliver();
        Assert.Empty(_network.Calls);
        Assert.Contains("not allowed", Assert.Single(Server.Errors));
        Assert.Contains("not allowed", Assert.Single(_b.Errors));
    }

    [Fact]
    public void What_cannot_be_called_is_an_error_at_the_caller()
    {
        Assert.False(_a.Multiplayer.Rpc(_a.Node(""), "nothing", []));
        Assert.False(_a.Multiplayer.Rpc(_a.Node(""), "announce", [], 2));
        Assert.False(_a.Multiplayer.Rpc(_a.CreateNode("Node", "Loose"), "say", []));
        Assert.Equal(3, _a.Errors.Count);
        _a.Multiplayer.Rpc(_a.Node(""), "say", ["x"], 77);
        Assert.Contains("unknown peer ID: 77", _a.Errors[3]);
        Assert.Empty(_network.Sent);
    }

    [Fact]
    public void Bytes_go_raw_and_empty_ones_arrive_as_no_argument()
    {
        Server.Multiplayer.Rpc(Server.Node(""), "say", [System.Collections.Immutable.ImmutableArray.Create<byte>(1, 2)], 2);
        Server.Multiplayer.Rpc(Server.Node(""), "say", [System.Collections.Immutable.ImmutableArray<byte>.Empty], 2);
        _network.Deliver();
        Assert.Equal([1, 0], _network.Calls.Select(c => c.Call.Arguments.Length));
        _network.AssertNoErrors();
    }

    [Fact]
    public void Ends_with_other_methods_say_so()
    {
        Assert.True(RpcMethods.TryCreate([], [new("say", RpcMode.AnyPeer)], out RpcMethods other));
        _a.Node("").RpcMethods = other;
        Server.Multiplayer.Rpc(Server.Node(""), "say", ["x"], 2);
        _network.Deliver();
        Assert.Contains("checksum failed", _a.Errors[0]);
        Assert.Contains("checksum failed", Assert.Single(Server.Errors));
    }

    [Fact]
    public void A_call_of_a_number_that_was_never_given_is_an_error_and_nothing_else()
    {
        _a.Multiplayer.OnPacket(1, [0x80, 99, 0]);
        Assert.Equal(["ID 99 not found in cache of peer 1.", "Invalid packet received. Requested node was not found."], _a.Errors);
        Assert.Empty(_network.Calls);
    }

    [Fact]
    public void A_script_inherits_the_methods_of_the_one_that_it_extends()
    {
        var files = SmallGame.Files();
        files["res://base.gd"] = "extends Node3D\n@rpc\nfunc base(): pass\n";
        files["res://main.gd"] = "extends \"res://base.gd\"\n@rpc\nfunc mine(): pass\n";
        GameTree game = new(files);
        game.ChangeScene(SmallGame.Main);
        Assert.Equal(["base", "mine"], game.Node("").RpcMethods.OfScript.Select(m => m.Name));
        Assert.Equal("res://main.gd", game.Node("").ScriptPath);
    }
}
