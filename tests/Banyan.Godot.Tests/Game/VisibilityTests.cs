using Banyan.Godot.Game;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Replication;

namespace Banyan.Godot.Tests.Game;

public sealed class VisibilityTests
{
    private readonly GameNetwork _network = SmallGame.Network();
    private readonly GameTree _a;
    private readonly GameTree _b;
    private readonly MultiplayerSynchronizer _state;

    public VisibilityTests()
    {
        _a = _network.Connect(2);
        _b = _network.Connect(3);
        GameNode item = _network.Server.Instantiate(SmallGame.Item)!;
        item.SetName("Sword");
        _state = (MultiplayerSynchronizer)item.Child("State")!;
        _state.PublicVisibility = false;
        _network.Server.Node("Items").AddChild(item);
        _network.Settle();
    }

    [Fact]
    public void What_is_not_public_is_spawned_where_it_is_shown_and_despawned_where_it_is_hidden()
    {
        Assert.False(_a.Has("Items/Sword") || _b.Has("Items/Sword"));
        _state.SetVisibilityFor(2, true);
        _network.Deliver();
        Assert.True(_a.Has("Items/Sword"));
        Assert.False(_b.Has("Items/Sword"));
        _state.PublicVisibility = true;
        _network.Deliver();
        Assert.True(_b.Has("Items/Sword"));
        _state.PublicVisibility = false;
        _state.SetVisibilityFor(2, false);
        _network.Deliver();
        Assert.False(_a.Has("Items/Sword") || _b.Has("Items/Sword"));
        _network.AssertNoErrors();
    }

    [Fact]
    public void States_go_only_to_those_who_see_it()
    {
        _state.SetVisibilityFor(3, true);
        _network.Deliver();
        _network.Sent.Clear();
        _state.RootNode!.Set("count", 9);
        _network.Frame();
        Assert.Equal((0, 0), (_network.Count(1, 2, PacketCommand.Sync), _network.Count(1, 2, PacketCommand.Delta)));
        Assert.Equal((1, 1), (_network.Count(1, 3, PacketCommand.Sync), _network.Count(1, 3, PacketCommand.Delta)));
    }

    [Fact]
    public void A_filter_is_asked_every_frame()
    {
        int only = 2;
        _state.PublicVisibility = true;
        _state.AddVisibilityFilter(peer => peer == only);
        _network.Settle();
        Assert.Equal((true, false), (_a.Has("Items/Sword"), _b.Has("Items/Sword")));
        only = 3;
        _network.Settle();
        Assert.Equal((false, true), (_a.Has("Items/Sword"), _b.Has("Items/Sword")));
        _state.VisibilityUpdateMode = VisibilityUpdateMode.None;
        only = 2;
        _network.Settle();
        Assert.Equal((false, true), (_a.Has("Items/Sword"), _b.Has("Items/Sword")));
        _state.UpdateVisibility();
        _network.Settle();
        Assert.Equal((true, false), (_a.Has("Items/Sword"), _b.Has("Items/Sword")));
        _network.AssertNoErrors();
    }

    [Fact]
    public void A_call_of_what_a_peer_does_not_see_does_not_go_there()
    {
        GameNode item = _state.RootNode!;
        Assert.True(RpcMethods.TryCreate([], [new("use")], out RpcMethods methods));
        item.RpcMethods = methods;
        _state.SetVisibilityFor(2, true);
        _network.Deliver();
        _a.Node("Items/Sword").RpcMethods = methods;
        _network.Server.Multiplayer.Rpc(item, "use", []);
        _network.Deliver();
        Assert.Equal([2], _network.Calls.Select(c => c.At));
        _network.AssertNoErrors();
        _network.Server.Multiplayer.Rpc(item, "use", [], 3);
        Assert.Contains("cannot see this node", Assert.Single(_network.Server.Errors));
    }

    [Fact]
    public void A_peer_that_is_not_there_cannot_be_shown_anything()
    {
        _state.SetVisibilityFor(9, true);
        Assert.NotEmpty(_network.Server.Errors);
        _network.Server.ClearErrors();
        // But it is remembered.
        GameTree nine = _network.Connect(9);
        _network.Deliver();
        Assert.True(nine.Has("Items/Sword"));
        _network.AssertNoErrors();
    }
}
