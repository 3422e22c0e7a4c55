using System.Collections;
using Banyan.Godot.Multiplayer;
using Banyan.Godot.Replication;
using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Importing;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;
using Banyan.Sync.Peers;
using Banyan.Sync.World;

namespace Banyan.Sync.Code;

/// <summary>Operations of one change, in order; each sees those before it. Paths are from /root.</summary>
/// <remarks>What cannot be meant (a scene that the project lacks, a spawner that is none) throws an <see cref="ArgumentException"/>.</remarks>
public sealed class GameChange(GameWorld world) : IReadOnlyList<SceneOperation>
{
    private readonly List<SceneOperation> _operations = [];

    /// <inheritdoc/>
    public int Count => _operations.Count;

    /// <inheritdoc/>
    public SceneOperation this[int index] => _operations[index];

    /// <summary>Adds an operation as it is.</summary>
    public GameChange Add(SceneOperation operation)
    {
        _operations.Add(operation);
        return this;
    }

    /// <summary>Puts a scene of the project into the tree, without a spawner: clients open it by themselves, before they are told of anything in it.</summary>
    /// <param name="parent">Where to hang it.</param>
    /// <param name="scene">"res://…".</param>
    /// <param name="name">Of its root; null for the scene's own.</param>
    /// <param name="authority">The peer that may write its nodes.</param>
    public GameChange AddScene(string parent, string scene, string? name = null, int authority = PeerSession.Cluster) =>
        Add(Plan(parent, scene, name, authority));

    /// <summary>Adds a plain node, for instance an autoload.</summary>
    /// <param name="parent">Where to hang it.</param>
    /// <param name="name">Unique among its siblings.</param>
    /// <param name="type">Godot's class.</param>
    /// <param name="script">"res://…"; null for none.</param>
    public GameChange AddNode(string parent, string name, string type, string? script = null)
    {
        PropertyWrite[] properties = script is null ? [] : [new("script", PropertyValue.Encode(Variant.FromObject(new ResourceRef(script))))];
        return Add(new SpawnOperation(NodeRef.At(parent), new([new(-1, name, type, "", [], 0, null, properties, [])])));
    }

    /// <summary>Spawns one of a spawner's scenes, as adding it below the spawner's <c>spawn_path</c> does.</summary>
    /// <param name="spawner">The MultiplayerSpawner.</param>
    /// <param name="scene">"res://…", one that it lists.</param>
    /// <param name="name">Of the new node, unique among its siblings.</param>
    /// <param name="authority">The peer that may write its nodes.</param>
    public GameChange Spawn(string spawner, string scene, string name, int authority = PeerSession.Cluster)
    {
        (Spawner found, string parent) = SpawnerAt(spawner);
        if (!found.Scenes.Contains(world.Files.PathOf(scene))) throw new ArgumentException($"{spawner} does not list {scene}", nameof(scene));
        return Add(Plan(parent, scene, name, authority));
    }

    /// <summary>Spawns what clients make with the spawner's <c>spawn_function</c>: they are sent the argument, the tree gets a scene.</summary>
    /// <param name="spawner">The MultiplayerSpawner.</param>
    /// <param name="argument">What the function is called with.</param>
    /// <param name="scene">What the function makes, as far as a scene file tells.</param>
    /// <param name="name">Of the new node, unique among its siblings; clients call it that.</param>
    /// <param name="authority">The peer that may write its nodes.</param>
    /// <remarks>
    /// Properties that the function sets, and that synchronizers are to send, have to be set in the tree as well: nobody
    /// runs the function here.
    /// </remarks>
    public GameChange SpawnCustom(string spawner, Variant argument, string scene, string name, int authority = PeerSession.Cluster)
    {
        (Spawner found, string parent) = SpawnerAt(spawner);
        SpawnOperation plain = Plan(parent, scene, name, authority);
        return SpawnCustom(found, parent, argument, plain.Template, authority);
    }

    /// <summary>As above, of what is in no scene file: the nodes that the function makes, the first with the name that clients give it.</summary>
    public GameChange SpawnCustom(string spawner, Variant argument, SceneTemplate nodes, int authority = PeerSession.Cluster)
    {
        (Spawner found, string parent) = SpawnerAt(spawner);
        return SpawnCustom(found, parent, argument, nodes, authority);
    }

    /// <summary>Removes a node and all that hangs below.</summary>
    public GameChange Despawn(string path) => Add(new DespawnOperation(NodeRef.At(path)));

    /// <summary>Sets a property.</summary>
    public GameChange Set(string path, string property, Variant value) =>
        Add(new SetPropertiesOperation(NodeRef.At(path), [new(property, PropertyValue.Encode(value))]));

    /// <summary>Gives a node to another peer, as set_multiplayer_authority with recursive = false; clients' scripts do the same.</summary>
    public GameChange SetAuthority(string path, int authority) => Add(new SetAuthorityOperation(NodeRef.At(path), authority));

    /// <summary>
    /// Shows a synchronizer to a peer, or no more, as set_visibility_for; to all, if the peer is 0, as public_visibility. As in
    /// Godot, one that is public is seen by everybody, whatever is said of a single peer.
    /// </summary>
    /// <param name="synchronizer">The MultiplayerSynchronizer, of whichever authority.</param>
    /// <param name="peer">Which peer; 0 for all.</param>
    /// <param name="visible">Whether it may be told of its state, and, as Godot composes it, of the spawned node.</param>
    public GameChange SetVisibility(string synchronizer, int peer, bool visible)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(peer);
        // One that the same change adds is not there to be looked at.
        if (world.Tree.TryFind(synchronizer, out MirrorNode? node) && node.Header!.Type != SynchronizerConfig.ClassName)
            throw new ArgumentException($"{synchronizer} is no MultiplayerSynchronizer", nameof(synchronizer));
        return Add(new SetAttachmentsOperation(NodeRef.At(synchronizer), [SyncVisibility.Write(peer, visible)]));
    }

    /// <summary>Hangs a node below another parent.</summary>
    /// <param name="path">What moves.</param>
    /// <param name="parent">Where to.</param>
    /// <param name="name">Its new name; null keeps the old one.</param>
    public GameChange Reparent(string path, string parent, string? name = null) =>
        Add(new ReparentOperation(NodeRef.At(path), NodeRef.At(parent), name));

    /// <inheritdoc/>
    public IEnumerator<SceneOperation> GetEnumerator() => _operations.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private GameChange SpawnCustom(Spawner spawner, string parent, Variant argument, SceneTemplate nodes, int authority)
    {
        var writer = new ByteWriter(64);
        CompressedVariant.Write(writer, argument);
        TemplateNode root = nodes.Nodes[0];
        PropertyWrite[] attachments =
        [
            .. root.Attachments, new(SpawnedNode.ArgumentAttachment, writer.ToArray()),
            new(SpawnedNode.SpawnerAttachment, SpawnedNode.EncodeSpawner(spawner.Node)),
        ];
        return Add(new SpawnOperation(NodeRef.At(parent), new([root with { Attachments = attachments }, .. nodes.Nodes.Skip(1)]), authority));
    }

    private SpawnOperation Plan(string parent, string scene, string? name, int authority)
    {
        if (!world.Files.TryGetScene(scene, out GameScene? found)) throw new ArgumentException($"{scene}: the project has no such scene, or none that can be read", nameof(scene));
        ImportPlan plan = ImportPlan.Of(found.Expanded, parent, name);
        if (plan.Batches.Count > 1 || plan.Batches[0].Count > 1) throw new ArgumentException($"{scene}: too large for one change", nameof(scene));
        return (SpawnOperation)plan.Batches[0][0] with { Authority = authority };
    }

    private (Spawner Spawner, string Parent) SpawnerAt(string path)
    {
        if (!world.Tree.TryFind(path, out MirrorNode? node) || !world.Spawners.TryGetValue(node.Id, out Spawner? spawner))
            throw new ArgumentException($"{path} is no MultiplayerSpawner with a spawn_path", nameof(path));
        if (spawner.Authority != PeerSession.Cluster) throw new ArgumentException($"{path} is for peer {spawner.Authority} to spawn with", nameof(path));
        string parent = world.PathOf(spawner.Parent)!;
        return (spawner, parent == "." ? ScenePath.Root : ScenePath.Join(ScenePath.Root, parent));
    }
}
