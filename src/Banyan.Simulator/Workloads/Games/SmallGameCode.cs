using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Sync.Code;

namespace Banyan.Simulator.Workloads.Games;

/// <summary>
/// The small game's own code: it answers questions, gives each peer a pet, and counts its changes in the tree as a single
/// writer may: what it reads there at its start is what it goes on from.
/// </summary>
internal sealed class SmallGameCode(GamesWorld games, ServerId server) : IGameCode
{
    private const double LookSeconds = 0.5;
    private const string Door = "/root/Main/Door";
    private const string Pets = "/root/Main/Pets";
    private readonly SortedDictionary<int, int> _taken = [];
    private readonly SortedSet<int> _changing = []; // peers whose pets are
    private readonly SortedSet<NodeId> _warmed = [];
    private readonly string _self = $"start {games.Code.Start()} on {server}";
    private IGame _game = null!;
    private long _turn;
    private double _untilLook;

    public void OnStart(IGame game)
    {
        _game = game;
        _turn = NumberOf(Door, "turn");
    }

    public void OnPeerJoined(int peer) => SetPet(peer);

    public void OnPeerLeft(int peer) => SetPet(peer);

    public void OnCall(GameCall call)
    {
        if (call.Method != "ask" || games.ClientOf(call.From) is not { } client) return;
        int number = (int)call.Arguments[0].AsInt();
        games.Code.Take(client, number, _taken.GetValueOrDefault(call.From));
        _taken[call.From] = number;
        Answer(call.From);
    }

    public void OnTick(double seconds)
    {
        _untilLook -= seconds;
        if (_untilLook > 0) return;
        _untilLook = LookSeconds;
        // Peers come and go while nobody runs the code, and changes fail.
        foreach (int peer in _game.Peers) SetPet(peer);
        foreach (NodeView pet in _game.Find(Pets)?.Children ?? [])
        {
            int peer = int.Parse(pet.Name.AsSpan(SmallGame.PetOf(0).Length - 1), System.Globalization.CultureInfo.InvariantCulture);
            if (!_game.Peers.Contains(peer)) SetPet(peer);
            // What a former server's code has set may have come to some servers only.
            else if (!_warmed.Contains(pet.Id) || (!games.IsOver && _game.Random.Chance(0.3))) Warm(pet.Id);
        }
    }

    private void Warm(NodeId pet)
    {
        if (_game.SetLive(pet, "warmth", _game.Random.Next(100))) _warmed.Add(pet);
    }

    // All that it has asked: a change that is made again comes behind those of later questions, and after a takeover questions
    // come again that were answered before it.
    private void Answer(int peer)
    {
        string player = $"/root/Main/Players/{peer}";
        long number = Math.Max(_taken[peer], NumberOf(player, "answered"));
        Change(_game.Begin().Set(player, "answered", number), isMade =>
        {
            if (isMade) _game.Call(peer, "/root/Main", "answer", number);
            // Who is gone needs no answer.
            else if (_game.Peers.Contains(peer) && NumberOf(player, "answered") < number) Answer(peer);
        });
    }

    private void SetPet(int peer)
    {
        string path = $"{Pets}/{SmallGame.PetOf(peer)}";
        bool isThere = _game.Find(path) is not null;
        if (isThere == _game.Peers.Contains(peer) || !_changing.Add(peer)) return;
        GameChange change = _game.Begin();
        if (isThere) change.Despawn(path);
        else change.SpawnCustom("/root/Main/PetSpawner", peer, SmallGame.Pet, SmallGame.PetOf(peer)).Set(path, "mood", _turn + 1);
        Change(change, _ => _changing.Remove(peer));
    }

    private void Change(GameChange change, Action<bool> done)
    {
        long turn = ++_turn;
        _game.Change(change.Set(Door, "turn", turn), outcome =>
        {
            if (outcome.IsMade) games.Code.Made(turn, _self);
            done(outcome.IsMade);
        });
    }

    private long NumberOf(string path, string property) => _game.Find(path)?.Get(property) is { IsNil: false } value ? value.AsInt() : 0;
}
