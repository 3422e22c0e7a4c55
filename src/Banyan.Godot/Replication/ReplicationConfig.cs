using System.Collections.Immutable;
using System.Globalization;
using Banyan.Godot.Paths;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Replication;

/// <summary>Which properties a MultiplayerSynchronizer sends, and when: Godot's SceneReplicationConfig.</summary>
/// <remarks>
/// The lists keep the order of the config: it is the order of values in packets, and of bits in a delta's mask.
/// Source: scene_replication_config.cpp. What Godot passes over with an error is passed over here with a warning.
/// </remarks>
public sealed class ReplicationConfig
{
    /// <summary>The resource's class.</summary>
    public const string ClassName = "SceneReplicationConfig";

    /// <summary>As many watched properties as a delta's mask has bits; Godot would mix up what is beyond.</summary>
    public const int WatchedMax = 64;

    /// <summary>The most properties that a config may have: far more than Godot could send in time.</summary>
    public const int PropertiesMax = 1024;

    /// <summary>Of a synchronizer that sends nothing.</summary>
    public static readonly ReplicationConfig Empty = new([], []);

    private ReplicationConfig(ImmutableArray<ReplicatedProperty> properties, ImmutableArray<string> warnings)
    {
        Properties = properties;
        Warnings = warnings;
        Spawn = [.. properties.Where(p => p.Spawn).Select(p => p.Path)];
        Sync = [.. properties.Where(p => p.Mode == ReplicationMode.Always).Select(p => p.Path)];
        Watch = [.. properties.Where(p => p.Mode == ReplicationMode.OnChange).Select(p => p.Path)];
    }

    /// <summary>All of them, in order; no path twice.</summary>
    public ImmutableArray<ReplicatedProperty> Properties { get; }

    /// <summary>Those whose values come with the spawn.</summary>
    public ImmutableArray<NodePath> Spawn { get; }

    /// <summary>Those of every sync packet.</summary>
    public ImmutableArray<NodePath> Sync { get; }

    /// <summary>Those of deltas, by their bit in the mask; at most <see cref="WatchedMax"/>.</summary>
    public ImmutableArray<NodePath> Watch { get; }

    /// <summary>What did not fit, each a sentence without its full stop.</summary>
    public ImmutableArray<string> Warnings { get; }

    /// <summary>The watched properties of a delta's mask, in order; false if it has none, or a bit without a property.</summary>
    /// <remarks>Godot passes over a bit without a property, and then fails on the values.</remarks>
    public bool TryGetWatched(ulong mask, out ImmutableArray<NodePath> properties)
    {
        properties = [];
        if (mask == 0 || (Watch.Length < WatchedMax && mask >> Watch.Length != 0)) return false;
        properties = [.. Watch.Where((_, i) => (mask >> i & 1) != 0)];
        return true;
    }

    /// <summary>Reads the resource as the scene loader gives it; false if it is not one, or has or watches too many properties.</summary>
    public static bool TryRead(InlineObject resource, out ReplicationConfig config)
    {
        config = Empty;
        if (resource.ClassName != ClassName) return false;
        List<ReplicatedProperty> properties = [];
        ImmutableArray<string>.Builder warnings = ImmutableArray.CreateBuilder<string>();
        foreach ((string name, Variant value) in resource.Properties)
        {
            if (properties.Count > PropertiesMax) return false;
            if (!TrySet(properties, name, value)) warnings.Add($"{ClassName} cannot take {name} of type {value.Type}");
        }

        if (properties.Count > PropertiesMax || properties.Count(p => p.Mode == ReplicationMode.OnChange) > WatchedMax) return false;
        config = new([.. properties], warnings.DrainToImmutable());
        return true;
    }

    private static bool TrySet(List<ReplicatedProperty> properties, string name, Variant value)
    {
        string[] parts = name.Split('/');
        // Other properties are those of every resource.
        if (parts[0] != "properties" || parts.Length < 2) return true;
        if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int index)) return false;
        string what = parts.Length > 2 ? parts[2] : "";
        if (index == properties.Count && what == "path") return TryAdd(properties, value);
        if (index >= properties.Count) return false;
        ReplicatedProperty property = properties[index];
        switch (what)
        {
            case "replication_mode" when value.Type == VariantType.Int && value.AsInt() is >= 0 and <= (long)ReplicationMode.OnChange:
                properties[index] = property with { Mode = (ReplicationMode)value.AsInt() };
                return true;
            case "spawn" when value.Type == VariantType.Bool:
                properties[index] = property with { Spawn = value.AsBool() };
                return true;
            // The form before 4.2.
            case "sync" when value.Type == VariantType.Bool:
                properties[index] = Switched(property, ReplicationMode.Always, value.AsBool());
                return true;
            case "watch" when value.Type == VariantType.Bool:
                properties[index] = Switched(property, ReplicationMode.OnChange, value.AsBool());
                return true;
            default:
                return false;
        }
    }

    private static bool TryAdd(List<ReplicatedProperty> properties, Variant value)
    {
        if (value.Type != VariantType.NodePath || value.AsNodePath().Subnames.IsEmpty) return false;
        NodePath path = value.AsNodePath();
        if (properties.Any(p => p.Path.Equals(path))) return false;
        properties.Add(new(path));
        return true;
    }

    private static ReplicatedProperty Switched(ReplicatedProperty property, ReplicationMode mode, bool on) =>
        on ? property with { Mode = mode }
        : property.Mode == mode ? property with { Mode = ReplicationMode.Never }
        : property;
}
