using Banyan.Godot.Game;
using Banyan.Godot.Text;
using Banyan.Godot.Variants;
using Banyan.Kv.Feeds;
using Banyan.Kv.Ranges;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Storage;
using Banyan.Sync.Interest;
using Banyan.Sync.Peers;
using Banyan.Sync.World;

namespace Banyan.Simulator.Workloads.Games;

/// <summary>Once all is quiet, every client sees the tree as it is, and all who are there and nobody else.</summary>
internal sealed class GameViews
{
    private readonly GamesWorld _games;
    private readonly GameWorld _world;
    private readonly SortedSet<int> _peers = [];
    private readonly SortedDictionary<int, string> _records = [];

    public GameViews(GamesWorld games, StoreSnapshot snapshot)
    {
        _games = games;
        _world = new(games.Files);
        var all = new List<VersionEvent>();
        foreach (VersionedEntry entry in snapshot.Scan(SceneKeys.All)) all.Add(new(entry.Key, entry.Timestamp, entry.Value.ToArray()));
        _world.Apply(all.ToArray());
        foreach (VersionedEntry entry in snapshot.Scan(PeerRecord.All))
        {
            if (!PeerRecord.TryParse(entry.Key, out int peer)) continue;
            _peers.Add(peer);
            PeerRecord.TryDecode(entry.Value, out PeerRecord record);
            _records[peer] = $" of {record.Server}{(record.CanResume ? ", which can resume" : "")}";
        }
    }

    /// <summary>What is otherwise than it should be.</summary>
    /// <param name="clients">Those that are there.</param>
    public IEnumerable<string> Differences(IReadOnlyCollection<GameClient> clients)
    {
        foreach (int ghost in _peers.Except(clients.Select(c => c.Peer)))
            yield return $"peer {ghost} has a record{(_records[ghost])}, and is {_games.ClientOf(ghost)?.State ?? "nobody's"}";
        foreach (GameClient client in clients)
        {
            int[] known = [.. client.Tree.Multiplayer.Peers.Where(p => p != 1).Order()];
            int[] others = [.. clients.Where(c => c != client && IsNear(client, c)).Select(c => c.Peer).Order()];
            if (!known.SequenceEqual(others)) yield return $"{client} knows peers {string.Join(", ", known)}, others are {string.Join(", ", others)}";
            foreach (string difference in Compare(client)) yield return difference;
            foreach (string difference in CompareStates(client, clients)) yield return difference;
            foreach (string difference in client.Board?.Differences(_world.Tree) ?? []) yield return difference;
        }

        if (_games.Kind != GamesKind.Code) yield break;
        foreach (string difference in ComparePets(clients)) yield return difference;
        _world.Tree.TryFind(ScenePath.Root + "/Main/Door", out MirrorNode? door);
        foreach (string unfinished in _games.Code.Unfinished(clients, NumberOf(door, "turn"))) yield return unfinished;
    }

    // Each has one, and all see it alike.
    private IEnumerable<string> ComparePets(IReadOnlyCollection<GameClient> clients)
    {
        string[] expected = [.. clients.Select(c => SmallGame.PetOf(c.Peer)).Order(StringComparer.Ordinal)];
        var warmths = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (GameClient client in clients)
        {
            IReadOnlyList<GameNode> pets = client.Main.GetNode("Pets")!.Children;
            string[] seen = [.. pets.Select(p => p.Name).Order(StringComparer.Ordinal)];
            if (!seen.SequenceEqual(expected)) yield return $"{client} sees {string.Join(", ", seen)}, there should be {string.Join(", ", expected)}";
            foreach (GameNode pet in pets)
            {
                string warmth = VariantText.Write(pet.Get("warmth"));
                if (!warmths.TryAdd(pet.Name, warmth) && warmths[pet.Name] != warmth) yield return $"{client} sees warmth {warmth} of {pet.Name}, another {warmths[pet.Name]}";
            }
        }
    }

    private static long NumberOf(MirrorNode? node, string property) =>
        node is not null && node.Properties.TryGetValue(property, out byte[]? stored) && PropertyValue.TryDecode(stored, out Variant value) && !value.IsNil ? value.AsInt() : 0;

    private IEnumerable<string> Compare(GameClient client)
    {
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        Describe(client, client.Main, "Main", seen);
        var expected = new SortedSet<string>(Tree(client), StringComparer.Ordinal);
        foreach (string line in expected.Except(seen)) yield return $"{client} does not see {line}";
        foreach (string line in seen.Except(expected)) yield return $"{client} sees {line}, which is not so";
    }

    private IEnumerable<string> Tree(GameClient client)
    {
        if (!_world.Tree.TryFind(ScenePath.Root + "/Main", out MirrorNode? main)) yield break;
        foreach ((MirrorNode node, _) in _world.Tree.Walk(main))
        {
            if (_world.SpawnedAbove(node.Id).Any(above => !_world.IsVisibleTo(client.Peer, above) || !IsNear(client, above))) continue;
            string path = _world.PathOf(node.Id)!;
            // Of what a client's function makes the cluster has only the name, and the board is not SceneMultiplayer's.
            if (path.Split('/') is [_, _, _, "Charges", _, _, ..] or [_, "Board", "Own" or "Common", _, ..]) continue;
            if (IsNotTold(client, node.Header!.Name)) continue;
            yield return path;
            foreach (string property in SmallGame.OnChange)
            {
                if (node.Properties.TryGetValue(property, out byte[]? stored) && PropertyValue.TryDecode(stored, out Variant value) && !value.IsNil)
                    yield return $"{path}.{property} = {VariantText.Write(value)}";
            }
        }
    }

    // Whose player it is says how far it is.
    private bool IsNear(GameClient client, SpawnedNode spawned) =>
        _world.PathOf(spawned.Spawner.Parent) != "Main/Players" || !int.TryParse(spawned.Name, out int peer)
        || _games.ClientOf(peer) is not { } other || IsNear(client, other);

    private bool IsNear(GameClient client, GameClient other) =>
        !_games.HasDistances || client == other || Math.Abs(PlaceOf(client) - PlaceOf(other)) <= SmallGame.Distance;

    private static double PlaceOf(GameClient client) =>
        client.Player is { } player && Position.TryOf(player.Get("position"), out Position place) ? place.X : 0;

    // A stock client has what its scene has, whatever becomes of it.
    private static bool IsNotTold(GameClient client, string name) => name == SmallGame.Lid && !client.CanMove;

    private static void Describe(GameClient client, GameNode node, string path, SortedSet<string> lines)
    {
        if (IsNotTold(client, node.Name)) return;
        lines.Add(path);
        if (node.Parent!.Name == "Charges") return;
        foreach (string property in SmallGame.OnChange)
        {
            Variant value = node.Get(property);
            if (!value.IsNil) lines.Add($"{path}.{property} = {VariantText.Write(value)}");
        }

        foreach (GameNode child in node.Children) Describe(client, child, path + "/" + child.Name, lines);
    }

    // What is not in the tree is as its author has it.
    private static IEnumerable<string> CompareStates(GameClient client, IReadOnlyCollection<GameClient> clients)
    {
        foreach (GameClient author in clients)
        {
            if (author == client || author.Player is not { } player || client.Main.GetNodeOrNull($"Players/{author.Peer}") is not { } seen) continue;
            foreach (string difference in CompareStates(client, player, seen, SmallGame.Always)) yield return difference;
            foreach (GameNode item in GamesWorld.SpawnedBy(player))
            {
                if (seen.GetNodeOrNull($"{item.Parent!.Name}/{item.Name}") is not { } other) continue;
                foreach (string difference in CompareStates(client, item, other, item.Parent.Name == "Charges" ? SmallGame.OfCharges : SmallGame.Always)) yield return difference;
            }
        }
    }

    private static IEnumerable<string> CompareStates(GameClient client, GameNode own, GameNode seen, string[] properties)
    {
        foreach (string property in properties)
        {
            (string written, string sees) = (VariantText.Write(own.Get(property)), VariantText.Write(seen.Get(property)));
            if (written != sees) yield return $"{client} sees {property} {sees} of {seen.Path}, which is {written}";
        }
    }
}
