using Banyan.Godot.Game;
using Banyan.Scene.Records;

namespace Banyan.Sync.Frames;

/// <summary>What a client of ours does with its tree when it is told to move nodes: the addon's nodes.gd, on the model of the engine.</summary>
public sealed class MovedNodes(GameTree tree)
{
    private readonly SortedDictionary<NodeId, GameNode> _lifted = [];
    private readonly List<GameNode> _put = []; // which no spawner frees when the session is over

    /// <summary>Does it; what is wrong if it cannot be done, else null.</summary>
    public string? Take(NodeMove move)
    {
        switch (move)
        {
            case NodeMove.Lift lift:
                if (Find(lift.Path) is not { Parent: { } parent } lifted) return $"there is no {lift.Path} to take out";
                parent.RemoveChild(lifted);
                StopWatching(lifted);
                return _lifted.TryAdd(lift.Node, lifted) ? null : $"{lift.Path} is out already";
            case NodeMove.Put put:
                if (!_lifted.Remove(put.Node, out GameNode? node)) return $"{put.Parent}/{put.Name} is to be put back, but is not out";
                if (Find(put.Parent) is not { } above || above.Child(put.Name) is not null) return Lose(node, $"there is no room for {put.Name} below {put.Parent}");
                node.SetName(put.Name);
                above.AddChild(node);
                _put.RemoveAll(n => n.IsFreed || n == node);
                _put.Add(node);
                return null;
            case NodeMove.Drop drop:
                return _lifted.Remove(drop.Node, out GameNode? dropped) ? Lose(dropped, null) : "nothing is out that is to be dropped";
            case NodeMove.Free free:
                if (Find(free.Path) is not { } freed) return $"there is no {free.Path} to free";
                freed.Parent?.RemoveChild(freed);
                return Lose(freed, null);
            default:
                return $"{move.GetType().Name} is unknown";
        }
    }

    /// <summary>The session is over: as spawned nodes go with it, so do these.</summary>
    public void End()
    {
        foreach (GameNode node in _lifted.Values.Concat(_put).Where(n => !n.IsFreed)) node.QueueFree();
        _lifted.Clear();
        _put.Clear();
    }

    // HAZARD: a spawner that has left the tree watches on, and the engine dies of it when a child comes: a spawner without a
    // tree has no multiplayer to ask.
    private static void StopWatching(GameNode node)
    {
        if (node is MultiplayerSpawner spawner) spawner.StopWatching();
        foreach (GameNode child in node.Children) StopWatching(child);
    }

    private GameNode? Find(string path) => path == "." ? tree.Root : tree.Root.GetNodeOrNull(path);

    private static string? Lose(GameNode node, string? why)
    {
        node.QueueFree();
        return why;
    }
}
