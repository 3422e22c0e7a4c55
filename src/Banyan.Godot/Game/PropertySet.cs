using System.Collections.Immutable;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Game;

/// <summary>A node's properties by name.</summary>
/// <remarks>
/// There is no class list: every name can be set, and read. What nobody has set is the class's default where it is known
/// (<see cref="ClassDefaults"/>), else nil. Of a Node3D, <c>transform</c> and <c>position</c>, <c>rotation</c>,
/// <c>scale</c> are two views of one thing; all other properties stand for themselves.
/// </remarks>
public sealed class PropertySet
{
    private const string Transform = "transform";

    private readonly SortedDictionary<string, Variant> _values = new(StringComparer.Ordinal);
    private readonly string _type;

    internal PropertySet(GameNode node) => _type = node.Type;

    /// <summary>What was set, by name in ordinal order.</summary>
    public IEnumerable<KeyValuePair<string, Variant>> Values => _values;

    /// <summary>A property's value.</summary>
    public Variant Get(string name)
    {
        if (_values.TryGetValue(name, out Variant value)) return value;
        if (!ClassDefaults.IsNode3D(_type)) return ClassDefaults.Of(_type, name);
        if (name == Transform && (_values.ContainsKey("position") || _values.ContainsKey("rotation") || _values.ContainsKey("scale")))
            return Pose().ToTransform();
        if (!_values.TryGetValue(Transform, out Variant transform) || transform.Type != VariantType.Transform3D) return ClassDefaults.Of(_type, name);
        return name switch
        {
            "position" => transform.AsTransform3D().Origin,
            "rotation" => Pose().Rotation,
            "scale" => Pose().Scale,
            _ => ClassDefaults.Of(_type, name),
        };
    }

    /// <summary>Sets a property, whatever it was.</summary>
    public void Set(string name, Variant value)
    {
        if (ClassDefaults.IsNode3D(_type)) Part(name, value);
        _values[name] = value;
    }

    /// <summary>A property, or a part of one: <c>position</c>, <c>x</c>.</summary>
    /// <returns>False if the value has no such part.</returns>
    public bool TryGetIndexed(ImmutableArray<string> subnames, out Variant value)
    {
        value = default;
        if (subnames.IsEmpty) return false;
        value = Get(subnames[0]);
        foreach (string name in subnames.AsSpan(1..))
        {
            if (!VariantMember.TryGet(value, name, out value)) return false;
        }

        return true;
    }

    /// <summary>Sets a property, or a part of one; without such a part nothing happens, as in Godot.</summary>
    public void SetIndexed(ImmutableArray<string> subnames, Variant value)
    {
        if (!subnames.IsEmpty && TrySetPart(Get(subnames[0]), subnames.AsSpan(1..), value, out Variant changed)) Set(subnames[0], changed);
    }

    private static bool TrySetPart(Variant whole, ReadOnlySpan<string> names, Variant value, out Variant changed)
    {
        changed = value;
        if (names.IsEmpty) return true;
        Variant part = value;
        if (names.Length > 1 && (!VariantMember.TryGet(whole, names[0], out Variant inner) || !TrySetPart(inner, names[1..], value, out part))) return false;
        return VariantMember.TrySet(whole, names[0], part, out changed);
    }

    /// <summary>Keeps the two views of a Node3D from contradicting each other: the one that is written last stays.</summary>
    private void Part(string name, Variant value)
    {
        if (name == Transform)
        {
            _values.Remove("position");
            _values.Remove("rotation");
            _values.Remove("scale");
        }
        else if (name is "position" or "rotation" or "scale" && _values.TryGetValue(Transform, out Variant transform) && transform.Type == VariantType.Transform3D)
        {
            Node3DPose pose = Node3DPose.Of(transform.AsTransform3D());
            _values.Remove(Transform);
            _values["position"] = pose.Position;
            _values["rotation"] = pose.Rotation;
            _values["scale"] = pose.Scale;
        }
    }

    private Node3DPose Pose()
    {
        if (_values.TryGetValue(Transform, out Variant transform) && transform.Type == VariantType.Transform3D) return Node3DPose.Of(transform.AsTransform3D());
        return new(Vector("position", default), Vector("rotation", default), Vector("scale", new(1, 1, 1)));
    }

    private Vector3 Vector(string name, Vector3 otherwise) =>
        _values.TryGetValue(name, out Variant value) && value.Type == VariantType.Vector3 ? value.AsVector3() : otherwise;
}
