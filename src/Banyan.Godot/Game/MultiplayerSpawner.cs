using Banyan.Godot.Multiplayer;
using Banyan.Godot.Paths;
using Banyan.Godot.Replication;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Game;

/// <summary>Godot's MultiplayerSpawner: replicates what is added under another node.</summary>
/// <remarks>Only direct children of the node at <see cref="SpawnPath"/>, and only those added after this one was ready. Source: multiplayer_spawner.cpp.</remarks>
public sealed class MultiplayerSpawner : GameNode
{
    private const int InvalidScene = SpawnPacket.CustomScene;

    private readonly List<string> _scenes = [];
    private readonly LinkedMap<GameNode, SpawnInfo> _tracked = new();
    private GameNode? _spawnNode;

    internal MultiplayerSpawner(GameTree game) : base(game, SpawnerConfig.ClassName)
    {
    }

    /// <summary>Makes a node of the argument of a custom spawn; null for none, which is an error as in Godot. To be set on both ends.</summary>
    public Func<Variant, GameNode?>? SpawnFunction { get; set; }

    /// <summary>The most that may be there at a time; 0 for no limit.</summary>
    public long SpawnLimit { get; set; }

    /// <summary>By their index in packets.</summary>
    public IReadOnlyList<string> SpawnableScenes => _scenes;

    /// <summary>How many nodes it has spawned that are there.</summary>
    public int SpawnedCount => _tracked.Count;

    /// <summary>From here to the parent of what it spawns.</summary>
    public NodePath SpawnPath { get; private set; } = NodePath.Empty;

    /// <summary>A peer has spawned a node.</summary>
    public event Action<GameNode>? Spawned;

    /// <summary>A peer has despawned a node, which is about to be deleted.</summary>
    public event Action<GameNode>? Despawned;

    /// <summary>The parent of what it spawns; null if there is none at the path.</summary>
    public GameNode? SpawnNode => _spawnNode is { IsFreed: false } ? _spawnNode : null;

    /// <summary>Sets the path.</summary>
    public void SetSpawnPath(NodePath path)
    {
        SpawnPath = path;
        UpdateSpawnNode();
    }

    /// <summary>Adds a scene, by <c>res://</c> path or <c>uid://</c>, to those that are replicated when they are added.</summary>
    public void AddSpawnableScene(string scene)
    {
        _scenes.Add(Game.Project.EnsurePath(scene));
        if (_scenes.Count == 1 && SpawnNode is { } node) Watch(node);
    }

    /// <summary>Takes no notice of what is added until it enters a tree again: as a script does by way of get_incoming_connections.</summary>
    public void StopWatching()
    {
        if (SpawnNode is { } node) node.ChildEnteredTree -= OnNodeAdded;
    }

    /// <summary>Spawns what <see cref="SpawnFunction"/> makes of an argument; null, and an error, where Godot would not.</summary>
    public GameNode? Spawn(Variant data = default)
    {
        if (!IsInsideTree || !IsMultiplayerAuthority())
        {
            Error("MultiplayerSpawner.spawn: not inside the tree, or not the multiplayer authority");
            return null;
        }

        if (IsLimitReached()) return null;
        if (SpawnFunction is null)
        {
            Error("Custom spawn requires the 'spawn_function' property to be a valid callable.");
            return null;
        }

        if (SpawnNode is not { } parent)
        {
            Error("Cannot find spawn node.");
            return null;
        }

        GameNode? node = InstantiateCustom(data);
        if (node is null)
        {
            Error("The 'spawn_function' callable must return a valid node.");
            return null;
        }

        Track(node, data, InvalidScene);
        parent.AddChild(node, forceReadableName: true);
        return node;
    }

    internal byte SceneIndexOf(GameNode node) => _tracked.TryGet(node, out SpawnInfo info) ? (byte)info.Scene : (byte)InvalidScene;

    internal Variant ArgumentOf(GameNode node) => _tracked.TryGet(node, out SpawnInfo info) ? info.Argument : default;

    internal GameNode? InstantiateScene(int scene)
    {
        if (IsLimitReached()) return null;
        if (scene >= _scenes.Count)
        {
            Error($"MultiplayerSpawner {Path}: there is no spawnable scene {scene} of {_scenes.Count}");
            return null;
        }

        GameNode? node = Game.Instantiate(_scenes[scene]);
        if (node is null) Error("Invalid spawnable scene: " + _scenes[scene]);
        return node;
    }

    internal GameNode? InstantiateCustom(Variant data)
    {
        if (IsLimitReached()) return null;
        if (SpawnFunction is not null) return SpawnFunction(data);
        Error("Custom spawn requires a valid 'spawn_function'.");
        return null;
    }

    internal void OnSpawned(GameNode node) => Spawned?.Invoke(node);

    internal void OnDespawned(GameNode node) => Despawned?.Invoke(node);

    internal void Configure(SpawnerConfig config)
    {
        foreach (string scene in config.SpawnableScenes) AddSpawnableScene(scene);
        SetSpawnPath(config.SpawnPath);
        SpawnLimit = config.SpawnLimit;
    }

    private protected override void OnPostEnterTree() => UpdateSpawnNode();

    private protected override void OnExitTree()
    {
        UpdateSpawnNode();
        foreach ((GameNode node, SpawnInfo _) in _tracked.Pairs)
        {
            node.TreeExiting -= OnNodeExit;
            Game.Multiplayer.Replication.OnDespawn(node, this);
        }

        _tracked.Clear();
    }

    private bool IsLimitReached()
    {
        bool reached = SpawnLimit > 0 && SpawnLimit <= _tracked.Count;
        if (reached) Error("Spawn limit reached!");
        return reached;
    }

    private void UpdateSpawnNode()
    {
        if (SpawnNode is { } old) old.ChildEnteredTree -= OnNodeAdded;
        _spawnNode = SpawnPath.IsEmpty ? null : GetNodeOrNull(SpawnPath);
        if (_spawnNode is { } node && _scenes.Count > 0) Watch(node);
    }

    private void Watch(GameNode node)
    {
        node.ChildEnteredTree -= OnNodeAdded;
        node.ChildEnteredTree += OnNodeAdded;
    }

    private void OnNodeAdded(GameNode node)
    {
        if (!IsMultiplayerAuthority()) return;
        if (_tracked.Contains(node) || SpawnNode is not { } parent || node.Parent != parent) return;
        int scene = node.SceneFilePath is null ? -1 : _scenes.IndexOf(node.SceneFilePath);
        // The index is compared with 255, so the 256th scene of a list is none, as in Godot.
        if (scene is < 0 or InvalidScene) return;
        if (ChildName.Valid(node.Name) != node.Name)
        {
            Error($"Unable to auto-spawn node with reserved name: {node.Name}. Make sure to add your replicated scenes via 'add_child(node, true)' to produce valid names.");
            return;
        }

        Track(node, default, scene);
    }

    private void Track(GameNode node, Variant argument, int scene)
    {
        if (_tracked.Contains(node)) return;
        _tracked.Set(node, new(argument, scene));
        node.TreeExiting += OnNodeExit;
        Game.Multiplayer.Replication.OnSpawn(node, this);
    }

    private void OnNodeExit(GameNode node)
    {
        node.TreeExiting -= OnNodeExit;
        if (_tracked.Remove(node)) Game.Multiplayer.Replication.OnDespawn(node, this);
    }

    private readonly record struct SpawnInfo(Variant Argument, int Scene);
}
