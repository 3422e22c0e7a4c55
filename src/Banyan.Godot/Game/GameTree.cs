using Banyan.Godot.Multiplayer;
using Banyan.Godot.Paths;
using Banyan.Godot.Replication;
using Banyan.Godot.Scenes;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Game;

/// <summary>A running game as far as the network is concerned: Godot's SceneTree, its <c>/root</c>, and its <see cref="SceneMultiplayer"/>.</summary>
/// <remarks>
/// Pure and single-threaded. Scripts are replaced by the three hooks and by whoever drives it; a frame is
/// <see cref="Process"/>. Sources: scene/main/scene_tree.cpp, scene/resources/packed_scene.cpp.
/// </remarks>
public sealed class GameTree
{
    /// <summary>The most errors that are kept: the first ones tell what went wrong, and a hostile peer brings any number.</summary>
    public const int ErrorsMax = 1 << 16;

    private readonly List<string> _errors = [];
    private readonly List<GameNode> _deleteQueue = [];
    private long _lastInstanceId;
    // The first automatic name of a process ends with 2.
    private int _lastSerial = 1;

    /// <summary>A game with an empty tree, offline: it is peer 1 and alone.</summary>
    public GameTree(GameProject project)
    {
        Project = project;
        Multiplayer = new(this);
        Root = new(this, "Window");
        Root.BecomeRoot("root");
    }

    /// <summary>A game with a project of its own.</summary>
    public GameTree(IProjectFiles files) : this(new GameProject(files))
    {
    }

    /// <summary>The scenes and scripts.</summary>
    public GameProject Project { get; }

    /// <summary><c>/root</c>.</summary>
    public GameNode Root { get; }

    /// <summary>The network's side of the game.</summary>
    public SceneMultiplayer Multiplayer { get; }

    /// <summary>The scene that <see cref="ChangeScene"/> put into the tree; null if none.</summary>
    public GameNode? CurrentScene { get; private set; }

    /// <summary>All that Godot would have printed as an error, in order, up to <see cref="ErrorsMax"/>. An unmodified game that works prints nothing.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>A script's <c>_enter_tree</c>: parents before children. It may set the authority, as games do.</summary>
    public Action<GameNode>? OnEnterTree { get; set; }

    /// <summary>A script's <c>_ready</c>: children before parents, once in a node's life.</summary>
    public Action<GameNode>? OnReady { get; set; }

    /// <summary>A script's <c>_exit_tree</c>: the last child first, parents last.</summary>
    public Action<GameNode>? OnExitTree { get; set; }

    /// <summary>A node of an engine class, outside of the tree.</summary>
    public GameNode CreateNode(string type, string name = "")
    {
        GameNode node = Create(type);
        if (name.Length > 0) node.SetName(name);
        return node;
    }

    /// <summary>A new tree of a scene's nodes, outside of the game's tree; null, and an error, if it cannot be loaded.</summary>
    public GameNode? Instantiate(string scene)
    {
        string resPath = Project.EnsurePath(scene);
        if (!Project.TryGetScene(resPath, out ExpandedScene expanded))
        {
            Report($"Failed loading resource: {resPath}.");
            return null;
        }

        var nodes = new GameNode[expanded.Nodes.Length];
        for (int i = 0; i < nodes.Length; i++)
        {
            ExpandedNode said = expanded.Nodes[i];
            GameNode node = nodes[i] = Create(said.Type);
            Configure(node, said);
            node.SetName(said.Name);
            node.SceneFilePath = said.Scene;
            if (said.Owner >= 0) node.Owner = nodes[said.Owner];
            if (said.UniqueName) node.AcquireUniqueName();
            if (said.Parent >= 0) nodes[said.Parent].AddChildUnchecked(node);
        }

        return nodes[0];
    }

    /// <summary>Puts a scene under the root, in place of the one before; null, and an error, if it cannot be loaded.</summary>
    public GameNode? ChangeScene(string scene)
    {
        if (Instantiate(scene) is not { } node) return null;
        CurrentScene?.Free();
        CurrentScene = node;
        Root.AddChild(node);
        return node;
    }

    /// <summary>The node at a path from the root: <c>/root/Main</c>, or <c>Main</c>; null if there is none.</summary>
    public GameNode? GetNodeOrNull(string path) => Root.GetNodeOrNull(NodePath.Parse(path));

    /// <summary>A frame: polls the network, asks visibility filters, deletes what is queued.</summary>
    /// <param name="nowMicroseconds">Grows from frame to frame; from 1.</param>
    public void Process(long nowMicroseconds)
    {
        Multiplayer.Poll(nowMicroseconds);
        UpdateFilteredVisibility();
        FlushDeleteQueue();
    }

    /// <summary>What synchronizers with filters do every frame, unless they wait to be told.</summary>
    public void UpdateFilteredVisibility()
    {
        foreach (MultiplayerSynchronizer synchronizer in Multiplayer.Replication.Synchronizers.ToArray())
        {
            if (synchronizer.HasFilters && synchronizer.VisibilityUpdateMode != VisibilityUpdateMode.None) synchronizer.UpdateVisibility();
        }
    }

    /// <summary>Deletes what was queued; the last thing of a frame.</summary>
    public void FlushDeleteQueue()
    {
        for (int i = 0; i < _deleteQueue.Count; i++) _deleteQueue[i].Free();
        _deleteQueue.Clear();
    }

    /// <summary>Forgets the errors so far.</summary>
    public void ClearErrors() => _errors.Clear();

    internal void Report(string message)
    {
        if (_errors.Count < ErrorsMax) _errors.Add(message);
    }

    internal long NextInstanceId() => ++_lastInstanceId;

    internal int NextSerial() => ++_lastSerial;

    internal void QueueDelete(GameNode node)
    {
        if (node.IsQueuedForDeletion || node.IsFreed) return;
        node.IsQueuedForDeletion = true;
        _deleteQueue.Add(node);
    }

    private GameNode Create(string type) => type switch
    {
        SpawnerConfig.ClassName => new MultiplayerSpawner(this),
        SynchronizerConfig.ClassName => new MultiplayerSynchronizer(this),
        _ => new GameNode(this, type),
    };

    private void Configure(GameNode node, ExpandedNode said)
    {
        bool hasReplication = false;
        foreach ((string name, Variant value) in said.Properties)
        {
            node.Set(name, value);
            if (name == "script" && value.Type == VariantType.Object && value.AsObject() is ResourceRef script)
            {
                node.ScriptPath = script.Path;
                node.RpcMethods = Project.RpcMethodsOf(script.Path);
            }
            else if (name == "replication_config")
            {
                hasReplication = !value.IsNil;
            }
        }

        if (node is MultiplayerSpawner spawner)
        {
            Invariant.Holds(SpawnerConfig.TryRead(said, out SpawnerConfig config));
            spawner.Configure(config);
        }
        else if (node is MultiplayerSynchronizer synchronizer)
        {
            if (!SynchronizerConfig.TryRead(said, out SynchronizerConfig config))
            {
                Report($"{said.Name}: the replication config cannot be read");
                return;
            }

            synchronizer.Configure(config, hasReplication);
            if (config.ReplicationFile is not { } file) return;
            synchronizer.ReplicationConfig = Project.TryGetReplicationConfig(file, out ReplicationConfig replication) ? replication : null;
            if (synchronizer.ReplicationConfig is null) Report($"Failed loading resource: {file}.");
        }
    }
}
