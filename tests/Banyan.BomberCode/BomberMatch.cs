using System.Globalization;
using Banyan.Godot.Variants;
using Banyan.Scene.Records;
using Banyan.Sync.Code;

namespace Banyan.BomberCode;

/// <summary>The server's part of Godot's demo "multiplayer_bomber": what gamestate.gd, player.gd, bomb.gd and rock.gd do as peer 1.</summary>
/// <remarks>
/// Players, who is ready, the score and the rocks that are gone are in the tree, so that another server can go on; what is
/// only here (fuses, who is stunned) begins anew. There is no physics: players walk through rocks.
/// A rock that has exploded stays in the tree and says so: who hears of it late must find it there.
/// </remarks>
public sealed class BomberMatch : IGameCode
{
    /// <summary>The match begins when so many are ready, and nobody is not.</summary>
    public const int PlayersMin = 4;

    private const string State = "/root/gamestate";
    private const string World = "/root/World";
    private const string Score = World + "/Score";
    private const double Speed = 600; // pixels a second
    private const double FuseSeconds = 0.6;
    private const double BombSeconds = 0.3; // between two bombs of a player
    private const double StunSeconds = 0.3;

    private readonly SortedDictionary<int, string> _names = [];
    private readonly SortedDictionary<int, long> _scores = [];
    private readonly SortedSet<int> _ready = [];
    private readonly SortedSet<int> _loaded = [];
    private readonly SortedDictionary<int, double> _bombAgainIn = [];
    private readonly SortedDictionary<int, double> _stunnedFor = [];
    private readonly List<Fuse> _fuses = [];
    private readonly SortedSet<string> _doomed = new(StringComparer.Ordinal); // rocks that are gone, or are about to be
    private IGame _game = null!;
    private string _phase = "";

    private sealed class Fuse(string path, int by, Vector2 position)
    {
        public string Path => path;

        public int By => by;

        public Vector2 Position => position;

        public double Seconds { get; set; } = FuseSeconds;
    }

    /// <inheritdoc/>
    public void OnStart(IGame game)
    {
        _game = game;
        if (game.Find(State) is not { } state)
        {
            game.Change(game.Begin().AddNode("/root", "gamestate", "Node", "res://gamestate.gd").Set(State, "phase", "lobby"));
            _phase = "lobby";
            return;
        }

        // A former server's match goes on.
        _phase = state.Get("phase").AsText();
        Read(state.Get("players"), (peer, name) => _names[peer] = name.AsText());
        Read(state.Get("ready"), (peer, _) => _ready.Add(peer));
        if (_phase == "loading") game.Call(0, State, "load_world");
        LoadIfReady();
        if (game.Find(World) is not { } world) return;
        Read(game.Find(Score)!.Get("scores"), (peer, score) => _scores[peer] = score.AsInt());
        foreach (NodeView player in world.Find("Players")!.Children)
        {
            if (!game.Peers.Contains(PeerOf(player))) OnPeerLeft(PeerOf(player));
        }

        foreach (NodeView bomb in world.Children.Where(c => c.Scene == "res://bomb.tscn")) _fuses.Add(new(bomb.Path, (int)bomb.Get("from_player").AsInt(), bomb.Get("position").AsVector2()));
        _doomed.UnionWith(world.Find("Rocks")!.Children.Where(IsGone).Select(r => r.Name));
        foreach (int peer in game.Peers) CatchUp(peer);
        EndIfOver();
    }

    /// <inheritdoc/>
    public void OnPeerLeft(int peer)
    {
        _ready.Remove(peer);
        if (_phase == "lobby" && _names.Remove(peer)) _game.Change(_game.Begin().Set(State, "players", Names()));
        if (_game.Find($"{World}/Players/{peer}") is { } player) _game.Change(_game.Begin().Despawn(player.Path));
        if (_phase == "loading") BeginIfLoaded();
    }

    /// <inheritdoc/>
    public void OnCall(GameCall call)
    {
        switch (call.Method)
        {
            case "register_player" when _phase == "lobby":
                _names[call.From] = call.Arguments[0].AsText();
                _game.Change(_game.Begin().Set(State, "players", Names()));
                break;
            case "register_player":
                CatchUp(call.From);
                break;
            case "ready_to_start" when _phase == "lobby":
                _ready.Add(call.From);
                _game.Change(_game.Begin().Set(State, "ready", VariantDictionary.Of([.. _ready.Select(p => KeyValuePair.Create((Variant)p, (Variant)true))])));
                LoadIfReady();
                break;
            case "world_loaded":
                _loaded.Add(call.From);
                BeginIfLoaded();
                break;
        }
    }

    /// <inheritdoc/>
    public void OnTick(double seconds)
    {
        foreach (SortedDictionary<int, double> countdown in new[] { _bombAgainIn, _stunnedFor })
        {
            foreach (int peer in countdown.Keys.ToList()) countdown[peer] -= seconds;
        }

        foreach (NodeView player in _game.Find(World + "/Players")?.Children ?? []) Move(player, seconds);
        for (int i = 0; i < _fuses.Count; i++)
        {
            if ((_fuses[i].Seconds -= seconds) > 0) continue;
            Explode(_fuses[i]);
            _fuses.RemoveAt(i--);
        }
    }

    private void LoadIfReady()
    {
        if (_phase != "lobby" || _names.Count < PlayersMin || !_names.Keys.All(_ready.Contains)) return;
        _phase = "loading";
        _game.Change(_game.Begin().Set(State, "phase", _phase), _ => _game.Call(0, State, "load_world"));
    }

    // Every client has the world before the cluster says anything about it.
    private void BeginIfLoaded()
    {
        if (_phase != "loading" || !_names.Keys.All(p => _loaded.Contains(p) || !_game.Peers.Contains(p))) return;
        _phase = "playing";
        // A former server may have come so far, and no further.
        if (_game.Find(World) is not null) Begin();
        else _game.Change(_game.Begin().AddScene("/root", "res://world.tscn", "World"), _ => Begin());
    }

    private void Begin()
    {
        int place = 0;
        GameChange change = _game.Begin().Set(State, "phase", _phase).Set(Score, "scores", Scores());
        foreach ((int peer, string name) in _names.Where(p => _game.Peers.Contains(p.Key)))
        {
            string path = $"{World}/Players/{peer}";
            Vector2 position = _game.Find($"{World}/SpawnPoints/{place++}")!.Get("position").AsVector2();
            var argument = VariantDictionary.Of([new("id", peer), new("name", name)]);
            change.SpawnCustom(World + "/PlayerSpawner", argument, "res://player.tscn", $"{peer}")
                .Set(path, "synced_position", position)
                .Set(path + "/label", "text", name)
                .SetAuthority(path + "/Inputs/InputsSync", peer);
        }

        _game.Change(change);
    }

    private void Move(NodeView player, double seconds)
    {
        int peer = PeerOf(player);
        if (_stunnedFor.GetValueOrDefault(peer) > 0 || player.Find("Inputs") is not { } inputs) return;
        Vector2 position = player.Get("synced_position").AsVector2();
        if (inputs.Get("motion") is { Type: VariantType.Vector2 } motion)
        {
            (double x, double y) = (motion.AsVector2().X, motion.AsVector2().Y);
            double length = Math.Max(1, Math.Sqrt((x * x) + (y * y))); // nobody is faster than the others
            position = new((float)Math.Clamp(position.X + (x / length * Speed * seconds), 50, 1000), (float)Math.Clamp(position.Y + (y / length * Speed * seconds), 50, 600));
            _game.SetLive(player.Id, "synced_position", position);
        }

        if (_phase != "playing" || inputs.Get("bombing") is not { Type: VariantType.Bool } bombing || !bombing.AsBool() || _bombAgainIn.GetValueOrDefault(peer) > 0) return;
        _bombAgainIn[peer] = BombSeconds;
        string name = "Bomb" + _game.Random.Next(int.MaxValue).ToString(CultureInfo.InvariantCulture);
        GameChange change = _game.Begin().SpawnCustom(World + "/BombSpawner", new VariantArray([position, peer]), "res://bomb.tscn", name)
            .Set($"{World}/{name}", "position", position)
            .Set($"{World}/{name}", "from_player", peer);
        _game.Change(change, outcome =>
        {
            if (outcome.IsMade) _fuses.Add(new($"{World}/{name}", peer, position));
        });
    }

    // First the tree, in one transaction: no rock counts twice, whoever runs this. Then everybody is told.
    private void Explode(Fuse fuse)
    {
        string[] rocks = [.. _game.Find(World + "/Rocks")!.Children.Where(r => !_doomed.Contains(r.Name) && IsHit(fuse, r.Get("position").AsVector2())).Select(r => r.Name)];
        int[] players = [.. _game.Find(World + "/Players")!.Children.Where(p => IsHit(fuse, p.Get("synced_position").AsVector2())).Select(PeerOf)];
        _doomed.UnionWith(rocks);
        _scores[fuse.By] = _scores.GetValueOrDefault(fuse.By) + rocks.Length;
        GameChange change = _game.Begin().Despawn(fuse.Path).Set(Score, "scores", Scores());
        foreach (string rock in rocks) change.Set($"{World}/Rocks/{rock}", "exploded", fuse.By);
        _game.Change(change, outcome =>
        {
            if (!outcome.IsMade)
            {
                _doomed.ExceptWith(rocks);
                _scores[fuse.By] -= rocks.Length;
                return;
            }

            foreach (string rock in rocks) _game.Call(0, $"{World}/Rocks/{rock}", "exploded", fuse.By);
            foreach (int peer in players)
            {
                if (_game.Call(0, $"{World}/Players/{peer}", "exploded", fuse.By) == CallOutcome.Sent) _stunnedFor[peer] = StunSeconds;
            }

            EndIfOver();
        });
    }

    // The blast is a cross, 192 pixels long.
    private static bool IsHit(Fuse fuse, Vector2 at)
    {
        (double x, double y) = (Math.Abs(at.X - fuse.Position.X), Math.Abs(at.Y - fuse.Position.Y));
        return (x <= 32 && y <= 120) || (x <= 120 && y <= 32);
    }

    private static bool IsGone(NodeView rock) => !rock.Get("exploded").IsNil;

    private void EndIfOver()
    {
        if (_phase != "playing" || !_game.Find(World + "/Rocks")!.Children.All(IsGone)) return;
        _phase = "over";
        int winner = _scores.OrderByDescending(s => s.Value).ThenBy(s => s.Key).First().Key;
        _game.Change(
            _game.Begin().Set(State, "phase", _phase).Set(World + "/Winner", "text", _names[winner]),
            _ => _game.Call(0, Score, "end", _names[winner]));
    }

    private void CatchUp(int peer)
    {
        // Not before the match has begun.
        if (_game.Find(World + "/Rocks") is not { } rocks || _game.Find(Score)!.Get("scores") is not { IsNil: false } scores) return;
        VariantArray left = new([.. rocks.Children.Where(r => !IsGone(r)).Select(r => (Variant)r.Name)]);
        _game.Call(peer, State, "catch_up", scores, left);
        if (_phase == "over") _game.Call(peer, Score, "end", _game.Find(World + "/Winner")!.Get("text"));
    }

    private static int PeerOf(NodeView player) => int.Parse(player.Name, CultureInfo.InvariantCulture);

    private VariantDictionary Names() => VariantDictionary.Of([.. _names.Select(n => KeyValuePair.Create((Variant)n.Key, (Variant)n.Value))]);

    private VariantDictionary Scores() => VariantDictionary.Of([.. _scores.Select(s => KeyValuePair.Create((Variant)s.Key, (Variant)s.Value))]);

    private static void Read(Variant dictionary, Action<int, Variant> add)
    {
        if (dictionary.IsNil) return;
        foreach ((Variant key, Variant value) in dictionary.AsDictionary().Pairs) add((int)key.AsInt(), value);
    }
}
