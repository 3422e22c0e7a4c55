using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Sync.Code;
using Banyan.Sync.Peers;

namespace Banyan.Sync.Tests.Code;

public sealed class CodeSessionTests
{
    private static readonly ServerId One = new(1);
    private static readonly ServerId Two = new(2);
    private readonly SmallCluster _cluster = new();
    private readonly TestEdge _edge;
    private readonly List<TestCode> _codes = [];
    private readonly CodeSession _session;

    public CodeSessionTests()
    {
        _edge = new(_cluster, 1) { Holder = One };
        _session = Session(_edge);
        _cluster.Pass(1_000_000);
        // A node of the game that can be called, as an autoload is.
        _cluster.Do([.. new GameChange(_cluster.World).AddNode(ScenePath.Root, "gamestate", "Node", Game.State)]);
    }

    private TestCode Code => _codes[^1];

    [Fact]
    public void The_code_starts_where_the_lease_is_and_hears_of_peers()
    {
        _cluster.Hub.AddPeer(5);
        Go();
        Assert.Equal(["start with 5"], Code.TakeLog());
        _cluster.Hub.AddPeer(6);
        _cluster.Hub.RemovePeer(5);
        Go();
        Assert.Equal(["left 5", "joined 6"], Code.TakeLog());
        Assert.InRange(Code.Seconds, 0.1, 10);
        Assert.Equal([6], Code.Game.Peers);
    }

    [Fact]
    public void Calls_of_one_peer_come_in_its_order_once_it_and_the_node_are_here()
    {
        Go();
        Call(5, "hello", ["a", 1]);
        Call(5, "hello", ["b"]);
        Go();
        Assert.Equal(2, _session.WaitingCallsCount);
        _cluster.Hub.AddPeer(6);
        _cluster.Hub.AddPeer(5);
        Call(6, "hello", []);
        Code.Calls = _ => throw new InvalidOperationException("no good");
        Go();
        Assert.Equal(
            [
                "start with ", "joined 5", "joined 6", "5: /root/gamestate.hello(\"a\", 1)", "5: /root/gamestate.hello(\"b\")", "6: /root/gamestate.hello()",
            ], Code.TakeLog());
        // It threw all the time, and the server is none the worse for it.
        Assert.Equal(Enumerable.Repeat("OnCall: no good", 3), _edge.Reports);
    }

    [Fact]
    public void Calls_are_kept_for_a_while_while_nobody_runs_the_code()
    {
        _edge.Holder = ServerId.None;
        _cluster.Hub.AddPeer(5);
        Call(5, "hello", [1]);
        _cluster.Pass(6_000_000);
        Call(5, "hello", [2]);
        Go();
        Assert.Equal(1, _edge.Counted["a call of the cluster that nobody took in time"]);
        _edge.Holder = One;
        Go();
        Assert.Equal(["start with 5", "5: /root/gamestate.hello(2)"], Code.TakeLog());
    }

    [Fact]
    public void No_more_calls_are_kept_than_the_limits_say_and_one_peer_cannot_take_all_of_it()
    {
        _edge.Holder = ServerId.None;
        for (int i = 0; i < 12; i++) Call(5, "hello", [i]);
        Call(6, "hello", []);
        Assert.Equal(2, _edge.Counted["a call of the cluster while too many wait"]);
        Assert.Equal(11, _session.WaitingCallsCount);
    }

    [Fact]
    public void Calls_go_to_the_server_that_runs_the_code_but_not_from_there_to_a_third()
    {
        _edge.Holder = Two;
        Call(5, "hello", [1]);
        _session.OnCall(new(5, 1, NodeId.Root, default), isForwarded: true);
        _session.Work();
        (ServerId to, RpcCall call) = Assert.Single(_edge.Forwarded);
        Assert.Equal((Two, _cluster.IdOf("/root/gamestate")), (to, call.Node));
        Assert.Equal(1, _session.WaitingCallsCount);
    }

    [Fact]
    public void Numbered_calls_are_taken_once_and_in_order_and_the_caller_hears_of_it()
    {
        _cluster.Hub.AddPeer(5);
        Numbered(5, 7, previous: 0); // nobody runs the code yet: it will come again
        Go();
        Numbered(5, 8, previous: 7);
        Numbered(5, 7, previous: 0);
        Numbered(5, 8, previous: 7);
        Numbered(5, 12, previous: 11); // 11 was lost on the way
        Numbered(5, 11, previous: 8);
        Numbered(5, 8, previous: 0);
        Numbered(5, 12, previous: 11);
        Go();
        Numbered(5, 12, previous: 11);
        Assert.Equal(["start with 5", "5: /root/gamestate.hello(7)", "5: /root/gamestate.hello(8)", "5: /root/gamestate.hello(11)", "5: /root/gamestate.hello(12)"], Code.TakeLog());
        Assert.Equal([(5, 0u), (5, 7u), (5, 8u), (5, 11u), (5, 12u), (5, 12u)], _edge.Arrivals);
    }

    [Fact]
    public void Bytes_go_both_ways()
    {
        var client = new TestClient(_cluster, 5);
        Go();
        client.Received.Clear();
        _session.OnCall(new(5, PeerSession.Cluster, NodeId.None, new byte[] { 1, 2 }), isForwarded: false);
        Go();
        Assert.Equal(["start with 5", "5: 0102"], Code.TakeLog());
        Assert.Equal(CallOutcome.Sent, Code.Game.SendBytes(5, [3]));
        Assert.Equal(["1: raw"], client.TakeLog());
    }

    [Fact]
    public void A_server_without_code_counts_what_comes_to_it()
    {
        var session = new CodeSession(_cluster.Hub, _edge, null, CodeLimits.Default);
        session.OnCall(new(5, 1, NodeId.Root, default), isForwarded: false);
        session.Tick();
        Assert.Equal(1, _edge.Counted["a call of the cluster, for which the game has no code here"]);
        Assert.False(session.IsRunning);
    }

    [Fact]
    public void A_change_is_told_of_once_the_tree_shows_it_and_changes_keep_their_order()
    {
        Go();
        var told = new List<string>();
        Code.Game.Change(
            Code.Game.Begin().Spawn("/root/Main/Spawner", Game.Player, "Ann").Set("/root/Main/Players/Ann", "health", 3),
            outcome => told.Add($"{outcome.Result} {Code.Game.Find("/root/Main/Players/Ann")?.Get("health").AsInt()}"));
        Code.Game.Change(Code.Game.Begin().Despawn("/root/Main/Players/Nobody"), outcome => told.Add($"{outcome}"));
        Assert.Empty(told);
        Go();
        Assert.Equal("Made 3", told[0]);
        Assert.Contains("NoSuchNode", told[1]);
        Code.Game.Change(Code.Game.Begin().Reparent("/root/Main/Players/Ann", "/root/Main", "Anna"), outcome => told.Add($"{outcome.Result} {Code.Game.Find("/root/Main/Anna")?.Scene}"));
        Go();
        Assert.Equal("Made res://player.tscn", told[2]);
        Assert.Equal(3, told.Count);
    }

    [Fact]
    public void A_server_that_has_lost_the_code_cannot_change_anything_any_more()
    {
        Go();
        TestCode former = Code;
        IGame game = former.Game;
        // It was cut off with changes under way, and does not know yet that the other has the lease.
        _edge.IsCutOff = true;
        bool? made = null;
        game.Change(game.Begin().Set("/root/Main", "winner", "the former"), outcome => made = outcome.IsMade);
        game.Change(game.Begin().Set("/root/Main", "winner", "the former again"));
        var other = new TestEdge(_cluster, 2) { Holder = Two };
        CodeSession session = Session(other);
        Go(session);
        Assert.True(session.IsRunning);
        Code.Game.Change(Code.Game.Begin().Set("/root/Main", "winner", "the new one"));
        Go(session);
        // Its messages come through now.
        _edge.IsCutOff = false;
        Assert.Single(_edge.KeptBack)();
        Go(session);
        Assert.Equal("the new one", Code.Game.Find("/root/Main")!.Get("winner").AsText());
        _edge.Holder = Two;
        Go();
        Assert.Null(made);
        Assert.Equal(["start with ", "stop"], former.TakeLog());
        Assert.False(_session.IsRunning);
        // What it keeps of its game is of no use.
        Assert.Equal(CallOutcome.NotHere, game.Call(0, "/root/gamestate", "begin"));
        Assert.False(game.SetLive(_cluster.IdOf("/root/Main/Players/Bob"), "position", 1));
    }

    [Fact]
    public void A_call_has_arrived_when_its_changes_are_over_and_has_not_if_another_takes_over_before()
    {
        _cluster.Hub.AddPeer(5);
        Go();
        Code.Calls = _ => Code.Game.Change(Code.Game.Begin().Set("/root/Main", "ready", 1));
        _edge.IsCutOff = true;
        Numbered(5, 1, 0);
        Go();
        Assert.Equal(["start with 5", "5: /root/gamestate.hello(1)"], Code.TakeLog());
        // Without changes, but who hears of the second takes the first for arrived as well.
        Code.Calls = _ => { };
        Numbered(5, 2, 1);
        Go();
        Assert.Empty(_edge.Arrivals);
        _edge.IsCutOff = false;
        Assert.Single(_edge.KeptBack)();
        Go();
        Assert.Equal([(5, 1u), (5, 2u)], _edge.Arrivals);

        Code.Calls = _ => Code.Game.Change(Code.Game.Begin().Set("/root/Main", "ready", 2));
        _edge.IsCutOff = true;
        Numbered(5, 3, 2);
        Go();
        _edge.Holder = Two;
        Go();
        Assert.Equal(2, _edge.Arrivals.Count);
        _edge.IsCutOff = false;
        _edge.Holder = One;
        Go();
        Code.Calls = _ => Code.Game.Change(Code.Game.Begin().Set("/root/Main", "ready", 3));
        Numbered(5, 3, 0);
        Go();
        Assert.Equal((5, 3u), _edge.Arrivals[^1]);
        Assert.Equal(3, Code.Game.Find("/root/Main")!.Get("ready").AsInt());
    }

    [Fact]
    public void A_call_that_has_waited_for_one_start_is_told_the_next_one_once()
    {
        Go();
        Numbered(5, 1, 0); // whose caller is not here
        Go();
        Assert.Equal(1, _session.WaitingCallsCount);
        _edge.Holder = Two;
        Go();
        Numbered(5, 1, 0); // goes on to where the code runs
        Assert.Equal(Two, Assert.Single(_edge.Forwarded).To);
        _edge.Holder = One;
        Go();
        _cluster.Hub.AddPeer(5);
        Numbered(5, 1, 0);
        Go();
        Assert.Equal(["start with ", "joined 5", "5: /root/gamestate.hello(1)"], Code.TakeLog());
        Assert.Equal((5, 1u), Assert.Single(_edge.Arrivals));
    }

    [Fact]
    public void The_next_start_is_of_new_code_that_sees_all_that_was_made_before()
    {
        Go();
        Code.Game.Change(Code.Game.Begin().Set("/root/Main", "score", 7));
        Go();
        _edge.Holder = Two;
        Go();
        Assert.Equal(["start with ", "stop"], Code.TakeLog());
        _edge.Holder = One;
        Go();
        Assert.Equal(2, _codes.Count);
        Assert.Equal(7, Code.Game.Find("/root/Main")!.Get("score").AsInt());
    }

    [Fact]
    public void Calls_for_clients_are_checked_against_the_script_and_come_in_the_name_of_peer_1()
    {
        var client = new TestClient(_cluster, 5);
        Go();
        client.Received.Clear();
        IGame game = Code.Game;
        Assert.Equal(CallOutcome.Sent, game.Call(0, "/root/gamestate", "begin", 1, "two"));
        Assert.Equal(CallOutcome.Sent, game.Call(5, "/root/gamestate", "hello"));
        Assert.Equal(CallOutcome.NoSuchPeer, game.Call(6, "/root/gamestate", "hello"));
        Assert.Equal(CallOutcome.NoSuchNode, game.Call(0, "/root/nobody", "hello"));
        Assert.Equal(CallOutcome.NoSuchMethod, game.Call(0, "/root/gamestate", "secret"));
        Assert.Equal(CallOutcome.TooLarge, game.Call(0, "/root/gamestate", "hello", new Variant[256]));
        game.Change(game.Begin().SetAuthority("/root/gamestate", 5));
        Go();
        Assert.Equal(CallOutcome.NotTheAuthority, game.Call(0, "/root/gamestate", "begin"));
        Assert.Equal(["1: path gamestate", "1: call 0 of gamestate", "1: call 1 of gamestate"], client.TakeLog());
    }

    [Fact]
    public void Calls_come_again_until_they_have_arrived_and_numbers_never_come_twice()
    {
        _cluster.Hub.AddPeer(5);
        _cluster.Hub.AddPeer(6);
        Go();
        Code.Game.Call(0, "/root/gamestate", "begin");
        Code.Game.Call(5, "/root/gamestate", "begin");
        Assert.Equal([(5, 1u, 0u), (6, 1u, 0u), (5, 2u, 1u)], _edge.Sent.Select(c => (c.To, c.Number, c.Previous)));
        _session.OnArrived(5, 1);
        _session.OnArrived(6, 1);
        _edge.Sent.Clear();
        Go();
        Go();
        Assert.Equal((5, 2u, 0u), _edge.Sent.Select(c => (c.To, c.Number, c.Previous)).Distinct().Single());
        _session.OnArrived(5, 2);
        _edge.Sent.Clear();
        Go();
        Assert.Empty(_edge.Sent);
        // More than were reserved at first.
        for (ulong i = 0; i < CodeRecord.NumbersBlock; i++)
        {
            Code.Game.Call(5, "/root/gamestate", "begin");
            _session.OnArrived(5, _edge.Sent[^1].Number);
            if (i == CodeRecord.NumbersBlock / 2) Go();
        }

        uint last = _edge.Sent[^1].Number;
        Assert.Equal((uint)CodeRecord.NumbersBlock + 2, last);
        _session.Stop();
        Go();
        Code.Game.Call(5, "/root/gamestate", "begin");
        Assert.Equal(((uint)CodeRecord.NumbersBlock * 2) + 1, _edge.Sent[^1].Number);
    }

    [Fact]
    public void A_call_of_a_node_that_is_being_spawned_waits_for_it_at_the_client()
    {
        var client = new TestClient(_cluster, 5);
        Go();
        client.Received.Clear();
        Code.Game.Change(
            Code.Game.Begin().Spawn("/root/Main/Spawner", Game.Drop, "Coin").Set("/root/Main/Players/Coin", "script", Variant.FromObject(new ResourceRef(Game.State))),
            _ => Code.Game.Call(0, "/root/Main/Players/Coin", "begin"));
        Go();
        Assert.Equal(["1: path Main/Spawner", "1: spawn Coin with 1", "1: path Main/Players/Coin", "1: call 0 of Main/Players/Coin"], client.TakeLog());
    }

    [Fact]
    public void Live_properties_go_out_when_all_of_their_synchronizer_are_known()
    {
        var client = new TestClient(_cluster, 5);
        Go();
        IGame game = Code.Game;
        NodeView bob = game.Find("/root/Main/Players/Bob")!;
        NodeView head = bob.Find("Head")!;
        client.ConfirmAll();
        client.Received.Clear();
        Assert.False(game.SetLive(bob.Id, "health", 3)); // on change, not always
        Assert.True(game.SetLive(bob.Id, "position", new Vector3(1, 2, 3)));
        _cluster.Hub.Tick(_cluster.Now);
        Assert.Empty(client.TakeLog());
        Assert.True(game.SetLive(head.Id, "rotation", new Vector3(0, 1, 0)));
        Assert.Equal(new Vector3(1, 2, 3), bob.Get("position"));
        Assert.Equal(new Vector3(0, 1, 0), head.Get("rotation"));
        Assert.True(game.SetLive(bob.Id, "position", new Vector3(4, 5, 6)));
        Assert.Equal(new Vector3(4, 5, 6), bob.Get("position"));
        _cluster.Hub.Tick(_cluster.Now);
        Assert.Equal(["1: sync"], client.TakeLog());
        game.Change(game.Begin().SetAuthority("/root/Main/Players/Bob/Pose", 5));
        Go();
        Assert.False(game.SetLive(bob.Id, "position", new Vector3(7, 8, 9)));
    }

    [Fact]
    public void Custom_spawns_come_with_their_argument_to_those_who_are_there_and_to_late_ones()
    {
        var early = new TestClient(_cluster, 5);
        Go();
        early.Received.Clear();
        IGame game = Code.Game;
        // A second spawner below the same parent: the spawn must come from the one that was meant.
        game.Change(game.Begin().AddScene("/root", Game.Bombs));
        Go();
        game.Change(game.Begin().SpawnCustom("/root/Bombs/Second", new VariantArray([new Vector2(1, 2), 5]), Game.Drop, "Bomb"));
        game.Change(game.Begin().SpawnCustom("/root/Bombs/First", "plain", new([new(-1, "Plain", "Node2D", "", [], 0, null, [], []), new(0, "Inner", "Node", "", [], 0, null, [], [])])));
        Go();
        var late = new TestClient(_cluster, 6);
        foreach (TestClient client in new[] { early, late })
        {
            List<(string Name, string Argument, string Spawner)> spawns = client.CustomSpawns();
            Assert.Equal([("Bomb", "[Vector2(1, 2), 5]", "Bombs/Second"), ("Plain", "\"plain\"", "Bombs/First")], spawns);
        }

        game.Change(game.Begin().Despawn("/root/Bombs/Bomb"));
        early.Received.Clear();
        Go();
        Assert.Equal(["1: despawn"], early.TakeLog());
        Assert.Throws<ArgumentException>(() => game.Begin().SpawnCustom("/root/Main", 1, Game.Drop, "x"));
        Assert.Throws<ArgumentException>(() => game.Begin().SpawnCustom("/root/Bombs/First", 1, "res://nothing.tscn", "x"));
        Assert.Throws<ArgumentException>(() => game.Begin().Spawn("/root/Main/Spawner", Game.Main, "x"));
    }

    [Fact]
    public void Posted_work_is_done_between_calls_and_not_after_the_stop()
    {
        Go();
        int done = 0;
        Code.Game.Post(() => done++);
        Assert.Equal(0, done);
        _edge.DoPosted();
        Assert.Equal(1, done);
        Code.Game.Post(() => done++);
        _session.Stop();
        _edge.DoPosted();
        Assert.Equal(1, done);
    }

    [Fact]
    public void More_changes_than_the_limits_say_are_refused_to_the_code()
    {
        Go();
        for (int i = 0; i < 20; i++) Code.Game.Change(Code.Game.Begin().Set("/root/Main", "x", i));
        Assert.Throws<InvalidOperationException>(() => Code.Game.Change(Code.Game.Begin().Set("/root/Main", "x", 0)));
    }

    private CodeSession Session(TestEdge edge) => new(
        _cluster.Hub, edge, () =>
        {
            _codes.Add(new());
            return _codes[^1];
        }, new() { CallsMax = 11, CallsOfOneMax = 10, ChangesMax = 20 });

    private void Call(int from, string method, Variant[] arguments, uint number = 0, uint previous = 0)
    {
        NodeId node = _cluster.IdOf("/root/gamestate");
        Assert.True(_cluster.World.MethodsOf(node).TryGetId(method, out ushort id));
        var writer = new ByteWriter();
        RpcPacket.Write(writer, 0, id, arguments);
        _session.OnCall(new(from, PeerSession.Cluster, node, writer.ToArray(), number, previous), isForwarded: false);
    }

    private void Numbered(int from, uint number, uint previous) => Call(from, "hello", [(int)number], number, previous);

    private void Go() => Go(_session);

    // Long enough for a transaction to be seen, tick by tick.
    private void Go(CodeSession session)
    {
        for (int i = 0; i < 60; i++)
        {
            _cluster.Pass(16_000);
            session.OnResolved();
            session.Tick();
        }
    }
}
