using Banyan.Godot.Variants;
using Banyan.Kv.Transactions;
using Banyan.Primitives;
using Banyan.Scene.Importing;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Simulator.World;
using Banyan.Sync.World;

namespace Banyan.Simulator.Workloads.Games;

/// <summary>What the cluster does in its own name: founds the game, then builds and moves rooms and boxes, and hides them.</summary>
internal sealed class GameOperator(GamesWorld games, IReadOnlyList<GameClient> clients, SeededRandom random)
{
    private const int RoomsMax = 3;
    private const int BoxesMax = 8;
    private readonly SimulatedClient _client = new(games.Cluster, random.Fork(), 1);
    private readonly List<(NodeId Id, string Path)> _rooms = [];
    private readonly List<(NodeId Id, string Path)> _boxes = [];
    private int _value;
    private int _names;

    /// <summary>Whether the game's main scene is there.</summary>
    public bool HasFounded { get; private set; }

    /// <summary>Transactions that committed.</summary>
    public int Commits { get; private set; }

    /// <summary>Imports the main scene once somebody has founded the world.</summary>
    public void Found()
    {
        bool isThere = games.Files.TryGetScene(SmallGame.Main, out GameScene? main);
        Invariant.Holds(isThere && ImportPlan.Of(main!.Expanded, ScenePath.Root).Batches.Count == 1);
        var body = new SceneTransaction(ImportPlan.Of(main!.Expanded, ScenePath.Root).Batches[0]);
        _client.Run(body, outcome =>
        {
            // Or it was done before, and every server died that could have said so.
            HasFounded = outcome is TransactionOutcome.Committed || body.Error?.Code == SceneErrorCode.DuplicateName;
            if (!HasFounded) games.Cluster.Time.After(100_000, Found);
        });
    }

    /// <summary>Does something, then calls back.</summary>
    public void Act(Action<string> done)
    {
        (string what, SceneOperation? operation, Action<IReadOnlyList<NodeId>>? then) = Next();
        if (operation is null)
        {
            done("nothing to operate on");
            return;
        }

        _client.Run(new SceneTransaction([operation]), outcome =>
        {
            if (outcome is TransactionOutcome.Committed committed)
            {
                Commits++;
                Invariant.Holds(SceneTransaction.TryDecodeReply(committed.Reply.Span, out IReadOnlyList<NodeId> results));
                then?.Invoke(results);
            }

            done(what + (outcome is TransactionOutcome.Committed ? "" : ", not done"));
        });
    }

    private (string, SceneOperation?, Action<IReadOnlyList<NodeId>>?) Next()
    {
        switch (random.Next(100))
        {
            case < 8:
                return ("open", Set(NodeRef.At("/root/Main/Door"), "open"), null);
            case < 16:
                GameClient[] there = [.. clients.Where(c => c.Peer != 0)];
                return ("score", there.Length == 0 ? null : Set(NodeRef.At($"/root/Main/Players/{there[random.Next(there.Length)].Peer}"), "score"), null);
            case < 26:
                return _rooms.Count >= RoomsMax ? default : ("spawn room", Spawn(SmallGame.Room, "/root/Main/Rooms", out string room), ids => _rooms.Add((ids[0], room)));
            case < 30:
                return ("despawn room", Remove(_rooms), null);
            case < 50:
                if (_boxes.Count >= BoxesMax || Any([.. _rooms, .. _boxes]) is not { } place) return default;
                return ("spawn box", Spawn(SmallGame.Box, place.Path + "/Boxes", out string box), ids => _boxes.Add((ids[0], box)));
            case < 58:
                return ("despawn box", Remove(_boxes), null);
            case < 68:
                return ("count", Any(_boxes) is { } counted ? Set(NodeRef.Of(counted.Id), "count") : null, null);
            case < 71:
                // It may have been taken before.
                return ("take lid", Any(_boxes) is { } opened ? new DespawnOperation(NodeRef.At($"{opened.Path}/{SmallGame.Lid}")) : null, null);
            case < 74:
                return ("light", Any(_rooms) is { } lit ? Set(NodeRef.Of(lit.Id), "light") : null, null);
            case < 80:
                return ("rename", Any(_boxes) is { } renamed ? new RenameOperation(NodeRef.Of(renamed.Id), NextName()) : null, null);
            case < 92:
                if (Any(_boxes) is not { } moved || Any([.. _rooms, .. _boxes]) is not { } target) return default;
                return ("move", new ReparentOperation(NodeRef.Of(moved.Id), NodeRef.At(target.Path + "/Boxes")), null);
            default:
                return ("visibility", Any([.. _rooms, .. _boxes]) is { } seen ? new SetAttachmentsOperation(NodeRef.At(seen.Path + "/State"), [Visibility()]) : null, null);
        }
    }

    private PropertyWrite Visibility()
    {
        GameClient[] there = [.. clients.Where(c => c.Peer != 0)];
        int peer = there.Length == 0 || random.Chance(0.5) ? 0 : there[random.Next(there.Length)].Peer;
        return SyncVisibility.Write(peer, random.Chance(0.5));
    }

    private SetPropertiesOperation Set(NodeRef node, string property) => new(node, [new(property, PropertyValue.Encode(++_value))]);

    private SceneOperation Spawn(string scenePath, string parent, out string path)
    {
        games.Files.TryGetScene(scenePath, out GameScene? scene);
        string name = NextName();
        path = ScenePath.Join(parent, name);
        return ImportPlan.Of(scene!.Expanded, parent, name).Batches[0][0];
    }

    private DespawnOperation? Remove(List<(NodeId Id, string Path)> from)
    {
        if (Any(from) is not { } gone) return null;
        from.Remove(gone);
        return new(NodeRef.Of(gone.Id));
    }

    private (NodeId Id, string Path)? Any(List<(NodeId Id, string Path)> of) => of.Count == 0 ? null : of[random.Next(of.Count)];

    private string NextName() => $"N{++_names}";
}
