using Banyan.Godot.Variants;
using Banyan.Primitives;
using Banyan.Scene.Operations;
using Banyan.Scene.Records;
using Banyan.Sync.World;

namespace Banyan.Sync.Code;

/// <summary>
/// The game as its code in the cluster sees it: the tree to read, and what peer 1 may do. Only to be used within a call
/// of <see cref="IGameCode"/>; only <see cref="Post"/> may be called from other threads.
/// </summary>
public interface IGame
{
    /// <summary>All peers that are connected, to whichever server.</summary>
    IReadOnlySet<int> Peers { get; }

    /// <summary>The cluster's clock.</summary>
    Timestamp Now { get; }

    /// <summary>Random numbers; the same for the same seed, so that code can be tested.</summary>
    SeededRandom Random { get; }

    /// <summary>The tree with its spawners and synchronizers, about 150 ms behind what was committed last.</summary>
    GameWorld World { get; }

    /// <summary>A node by its path from /root; null if there is none.</summary>
    NodeView? Find(string path);

    /// <summary>A node by its id; null if there is none.</summary>
    NodeView? Find(NodeId id);

    /// <summary>Begins a change: operations by their Godot names, for <see cref="Change"/>.</summary>
    GameChange Begin();

    /// <summary>
    /// Changes the tree in one transaction: all or nothing. Changes are made one after the other, in the order in which they
    /// were given.
    /// </summary>
    /// <param name="operations">What to do, for instance a <see cref="GameChange"/>.</param>
    /// <param name="done">Called later, in the order of changes; once the tree shows the change, if it was made.</param>
    /// <exception cref="InvalidOperationException">Too many changes wait already.</exception>
    void Change(IReadOnlyList<SceneOperation> operations, Action<ChangeOutcome>? done = null);

    /// <summary>Calls a method of a node at a peer, in the name of peer 1; reliably, in order.</summary>
    /// <param name="peer">Which one; 0 for all.</param>
    /// <param name="path">The node, from /root.</param>
    /// <param name="method">Its name, one with <c>@rpc</c>.</param>
    /// <param name="arguments">At most 255.</param>
    /// <remarks>A call does not wait for changes: one about a change goes into its <c>done</c>.</remarks>
    CallOutcome Call(int peer, string path, string method, params ReadOnlySpan<Variant> arguments);

    /// <summary>As <see cref="Call(int, string, string, ReadOnlySpan{Variant})"/>.</summary>
    CallOutcome Call(int peer, NodeId node, string method, params ReadOnlySpan<Variant> arguments);

    /// <summary>Sends bytes to a peer, in the name of peer 1, as SceneMultiplayer's send_bytes does.</summary>
    /// <param name="peer">Which one; 0 for all.</param>
    /// <param name="bytes">At most 1 MiB.</param>
    CallOutcome SendBytes(int peer, ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Sets a property that a synchronizer of the cluster sends <i>always</i>: it goes to all clients with the next frame,
    /// and is not kept in the tree.
    /// </summary>
    /// <returns>False if there is no such property, or its synchronizer is another peer's.</returns>
    bool SetLive(NodeId node, string property, Variant value);

    /// <summary>Has something done between two calls of the code, unless it was stopped by then. From any thread.</summary>
    void Post(Action action);
}
