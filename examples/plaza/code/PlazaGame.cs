using Banyan.Godot.Variants;
using Banyan.Sync.Code;

namespace Banyan.Plaza;

/// <summary>The plaza's part of peer 1: who may hold what, and whether the door is open.</summary>
/// <remarks>
/// Everything that counts is in the tree, so another server can go on at any time. A prop has a keeper, the peer whose
/// states say where it is, and a holder, in whose hand it is: the keeper, or nobody. All of it changes in one transaction.
/// </remarks>
public sealed class PlazaGame : IGameCode
{
    private const string Plaza = "/root/Plaza";
    private const string Props = Plaza + "/Props";
    private const string PropSpawner = Plaza + "/PropSpawner";
    private const string Door = Plaza + "/Door";
    private const string PropScene = "res://prop.tscn";
    private const int Cluster = 1;
    private const int Nobody = 0;
    private const float Floor = 0.15f; // metres: where the middle of a prop is when it lies there
    private const float Edge = 15; // metres from the middle of the plaza: nothing lies farther out

    private static readonly (string Name, Color Tint, float X)[] _furniture =
    [
        ("Amber", new(0.95f, 0.65f, 0.15f, 1), -1.5f), ("Jade", new(0.2f, 0.7f, 0.5f, 1), 0), ("Cobalt", new(0.2f, 0.35f, 0.8f, 1), 1.5f),
    ];

    // By the prop's name, once all changes are made that are under way: the tree shows them only later.
    private readonly SortedDictionary<string, (int Keeper, int Holder)> _decided = new(StringComparer.Ordinal);
    private IGame _game = null!;
    private bool _isFurnished;

    /// <inheritdoc/>
    public void OnStart(IGame game)
    {
        _game = game;
        // Who left while no server ran this.
        foreach (NodeView prop in AllProps())
        {
            if (StateOf(prop).Keeper is int keeper && keeper != Cluster && !game.Peers.Contains(keeper)) GiveBack(prop);
        }
    }

    /// <inheritdoc/>
    public void OnPeerLeft(int peer)
    {
        foreach (NodeView prop in AllProps())
        {
            if (StateOf(prop).Keeper == peer) GiveBack(prop);
        }
    }

    /// <inheritdoc/>
    public void OnCall(GameCall call)
    {
        switch (call.Method)
        {
            case "grab" when call.Node.Scene == PropScene:
                Grab(call.Node, call.From);
                break;
            case "release" when call.Node.Scene == PropScene && call.Arguments is [{ Type: VariantType.Transform3D } at]:
                Release(call.Node, call.From, at.AsTransform3D());
                break;
            case "want_open" when call.Node.Path == Door && call.Arguments is [{ Type: VariantType.Bool } open]:
                _game.Change(_game.Begin().Set(Door, "is_open", open));
                break;
        }
    }

    /// <inheritdoc/>
    public void OnTick(double seconds)
    {
        // The main scene may be imported after the servers have started.
        if (_isFurnished || _game.Find(Props) is not { } props || _game.Find(PropSpawner) is null) return;
        _isFurnished = true;
        if (props.Children.Count > 0) return;
        GameChange change = _game.Begin();
        foreach ((string name, Color tint, float x) in _furniture)
        {
            // All that comes with the spawn, so that clients are told it there and not piece by piece.
            string path = $"{Props}/{name}";
            change.Spawn(PropSpawner, PropScene, name)
                .Set(path, "tint", tint)
                .Set(path, "keeper", Cluster)
                .Set(path, "held_by", Nobody)
                .Set(path, "rest", new Transform3D(Basis.Identity, new(x, Floor, -3)));
        }

        _game.Change(change, outcome => _isFurnished = outcome.IsMade);
    }

    // Whoever comes first has it, until it is put down; the others are told.
    private void Grab(NodeView prop, int peer)
    {
        int holder = StateOf(prop).Holder;
        if (holder == peer) return;
        if (holder != Nobody) _game.Call(peer, prop.Id, "refused", holder);
        else Decide(prop, peer, peer, _game.Begin().SetAuthority(prop.Path + "/Pose", peer).Set(prop.Path, "keeper", peer));
    }

    // It stays with its keeper: the last who had it knows best where it is.
    private void Release(NodeView prop, int peer, Transform3D at)
    {
        if (StateOf(prop).Holder != peer) return;
        Decide(prop, peer, Nobody, _game.Begin().Set(prop.Path, "rest", OnFloor(at)));
    }

    // It lies where its keeper was seen with it last.
    private void GiveBack(NodeView prop)
    {
        Variant last = prop.Get("transform");
        Transform3D at = (last.Type == VariantType.Transform3D ? last : prop.Get("rest")).AsTransform3D();
        Decide(prop, Cluster, Nobody, _game.Begin().SetAuthority(prop.Path + "/Pose", Cluster).Set(prop.Path, "keeper", Cluster).Set(prop.Path, "rest", OnFloor(at)));
    }

    private void Decide(NodeView prop, int keeper, int holder, GameChange change)
    {
        string name = prop.Name;
        _decided[name] = (keeper, holder);
        _game.Change(change.Set(prop.Path, "held_by", holder), outcome =>
        {
            // The tree knows.
            if (!outcome.IsMade) _decided.Remove(name);
        });
    }

    private IReadOnlyList<NodeView> AllProps() => _game.Find(Props)?.Children ?? [];

    private (int Keeper, int Holder) StateOf(NodeView prop) =>
        _decided.TryGetValue(prop.Name, out (int, int) decided) ? decided : ((int)prop.Get("keeper").AsInt(), (int)prop.Get("held_by").AsInt());

    // What a client says need not make sense.
    private static Transform3D OnFloor(Transform3D at)
    {
        float x = at.Origin.X, z = at.Origin.Z;
        bool isSane = Row(at.Basis.Row0) && Row(at.Basis.Row1) && Row(at.Basis.Row2);
        return new(isSane ? at.Basis : Basis.Identity, new(Within(x), Floor, Within(z)));
    }

    private static bool Row(Vector3 row) => Math.Abs(row.X) <= 1.01f && Math.Abs(row.Y) <= 1.01f && Math.Abs(row.Z) <= 1.01f;

    private static float Within(float metres) => float.IsFinite(metres) ? Math.Clamp(metres, -Edge, Edge) : 0;
}
