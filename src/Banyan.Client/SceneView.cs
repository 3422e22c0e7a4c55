using Banyan.Primitives;
using Banyan.Scene.Records;
using Banyan.Scene.Tree;

namespace Banyan.Client;

/// <summary>A part of the tree as it was at a timestamp.</summary>
/// <param name="Timestamp">All of it is at this timestamp.</param>
/// <param name="Top">The node that was asked for.</param>
/// <param name="Mirror">The nodes; paths in it are complete only if the world's root was asked for.</param>
public sealed record SceneView(Timestamp Timestamp, NodePlace Top, SceneMirror Mirror)
{
    /// <summary>The node that was asked for.</summary>
    public MirrorNode Node => Mirror[Top]!;
}

/// <summary>What a subscriber is told, in order.</summary>
public abstract record SceneUpdate(Timestamp Timestamp)
{
    /// <summary>The whole tree: at the start, or when the history since the last update is no longer kept.</summary>
    public sealed record Snapshot(Timestamp Timestamp, SceneMirror Mirror) : SceneUpdate(Timestamp);

    /// <summary>One transaction's changes, or those of several at the same timestamp; never half of one.</summary>
    public sealed record Changes(Timestamp Timestamp, IReadOnlyList<Protocol.RecordChange> Records) : SceneUpdate(Timestamp);

    /// <summary>Nothing more comes at or below this timestamp.</summary>
    public sealed record Resolved(Timestamp Timestamp) : SceneUpdate(Timestamp);
}
