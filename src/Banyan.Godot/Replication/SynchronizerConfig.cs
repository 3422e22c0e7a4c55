using System.Collections.Immutable;
using Banyan.Godot.Paths;
using Banyan.Godot.Scenes;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Replication;

/// <summary>What a scene says of a MultiplayerSynchronizer.</summary>
/// <remarks>Source: multiplayer_synchronizer.cpp. A value that Godot would not take leaves the default, with a warning.</remarks>
public sealed record SynchronizerConfig
{
    /// <summary>The node's class.</summary>
    public const string ClassName = "MultiplayerSynchronizer";

    // Beyond this, in seconds, there is no sense in an interval.
    private const double IntervalMax = 1e9;

    /// <summary>From the synchronizer to the node whose properties it sends.</summary>
    public required NodePath RootPath { get; init; }

    /// <summary>Microseconds between sync packets; 0 for as often as the sender sends any.</summary>
    public required long ReplicationIntervalMicroseconds { get; init; }

    /// <summary>Microseconds between looks for changes; 0 for as often as the sender sends any.</summary>
    public required long DeltaIntervalMicroseconds { get; init; }

    /// <summary>Whether peers see it that were not named.</summary>
    public required bool PublicVisibility { get; init; }

    /// <summary>When visibility filters are asked again.</summary>
    public required VisibilityUpdateMode VisibilityUpdateMode { get; init; }

    /// <summary>What it sends; empty if the scene does not say.</summary>
    public required ReplicationConfig Replication { get; init; }

    /// <summary>The file of the config where it has one of its own, for instance <c>res://player_sync.tres</c>; else null.</summary>
    public required string? ReplicationFile { get; init; }

    /// <summary>What did not fit, each a sentence without its full stop.</summary>
    public required ImmutableArray<string> Warnings { get; init; }

    /// <summary>Reads the node; false if it is of another class, or its config is none.</summary>
    public static bool TryRead(ExpandedNode node, out SynchronizerConfig config)
    {
        config = None;
        if (node.Type != ClassName) return false;
        NodeProperties properties = new(node);
        ReplicationConfig replication = ReplicationConfig.Empty;
        string? file = null;
        switch (properties.Object("replication_config"))
        {
            case InlineObject inline when !ReplicationConfig.TryRead(inline, out replication): return false;
            case ResourceRef resource: file = resource.Path; break;
        }

        config = new()
        {
            RootPath = properties.Path("root_path", None.RootPath),
            ReplicationIntervalMicroseconds = Microseconds(properties, "replication_interval"),
            DeltaIntervalMicroseconds = Microseconds(properties, "delta_interval"),
            PublicVisibility = properties.Bool("public_visibility", true),
            VisibilityUpdateMode = (VisibilityUpdateMode)properties.Int("visibility_update_mode", 0, 0, (long)VisibilityUpdateMode.None),
            Replication = replication,
            ReplicationFile = file,
            Warnings = [.. properties.Warnings, .. replication.Warnings],
        };
        return true;
    }

    private static readonly SynchronizerConfig None = new()
    {
        RootPath = NodePath.Parse(".."),
        ReplicationIntervalMicroseconds = 0,
        DeltaIntervalMicroseconds = 0,
        PublicVisibility = true,
        VisibilityUpdateMode = VisibilityUpdateMode.Idle,
        Replication = ReplicationConfig.Empty,
        ReplicationFile = null,
        Warnings = [],
    };

    private static long Microseconds(NodeProperties properties, string name) =>
        (long)(properties.Float(name, 0, 0, IntervalMax) * 1000 * 1000);
}
