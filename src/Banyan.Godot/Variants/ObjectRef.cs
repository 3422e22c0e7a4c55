namespace Banyan.Godot.Variants;

/// <summary>What stands for an object: we hold no objects, only what a file or a peer says of them. A closed set.</summary>
public abstract class ObjectRef : IEquatable<ObjectRef>
{
    private protected ObjectRef()
    {
    }

    /// <inheritdoc/>
    public abstract bool Equals(ObjectRef? other);

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => Equals(obj as ObjectRef);

    /// <inheritdoc/>
    public abstract override int GetHashCode();
}

/// <summary>A resource that has a file of its own: <c>Resource("res://path")</c>, or with its uid in front.</summary>
public sealed class ResourceRef(string path, string? uid = null) : ObjectRef
{
    /// <summary>For instance <c>res://icon.png</c>.</summary>
    public string Path { get; } = path;

    /// <summary>For instance <c>uid://b4x…</c>; null if it is not known or not to be written.</summary>
    public string? Uid { get; } = uid;

    /// <inheritdoc/>
    public override bool Equals(ObjectRef? other) => other is ResourceRef r && r.Path == Path && r.Uid == Uid;

    /// <inheritdoc/>
    public override int GetHashCode() => VariantHash.OfText(Path);
}

/// <summary>A reference by id to a section of the same scene file: <c>ExtResource("id")</c> or <c>SubResource("id")</c>.</summary>
public sealed class SectionRef(bool isExternal, string id) : ObjectRef
{
    /// <summary>Whether it names an ext_resource; else a sub_resource.</summary>
    public bool IsExternal { get; } = isExternal;

    /// <summary>The section's id.</summary>
    public string Id { get; } = id;

    /// <inheritdoc/>
    public override bool Equals(ObjectRef? other) => other is SectionRef s && s.IsExternal == IsExternal && s.Id == Id;

    /// <inheritdoc/>
    public override int GetHashCode() => VariantHash.Mix(IsExternal ? 1 : 2, VariantHash.OfText(Id));
}

/// <summary>A resource without a file, given by its class and the properties that were set: <c>Object(Class,"a":1)</c>.</summary>
/// <remarks>One such object may be held by many values; it is immutable, so it is shared, not copied.</remarks>
public sealed class InlineObject(string className, IReadOnlyList<KeyValuePair<string, Variant>> properties) : ObjectRef
{
    private int _hash;

    /// <summary>The engine class, for instance <c>BoxShape3D</c>.</summary>
    public string ClassName { get; } = className;

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<KeyValuePair<string, Variant>> Properties { get; } = properties;

    /// <inheritdoc/>
    public override bool Equals(ObjectRef? other)
    {
        if (ReferenceEquals(this, other)) return true;
        if (other is not InlineObject o || o.ClassName != ClassName || o.Properties.Count != Properties.Count) return false;
        if (o.GetHashCode() != GetHashCode()) return false;
        for (int i = 0; i < Properties.Count; i++)
        {
            if (Properties[i].Key != o.Properties[i].Key || Properties[i].Value != o.Properties[i].Value) return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (_hash != 0) return _hash;
        int hash = VariantHash.OfText(ClassName);
        foreach ((string key, Variant value) in Properties)
            hash = VariantHash.Mix(VariantHash.Mix(hash, VariantHash.OfText(key)), value.GetHashCode());
        return _hash = hash == 0 ? 1 : hash;
    }
}

/// <summary>An object of another process by its number there: Godot's EncodedObjectAsID.</summary>
public sealed class EncodedObject(ulong id) : ObjectRef
{
    /// <summary>The class name that Godot gives it.</summary>
    public const string ClassName = "EncodedObjectAsID";

    /// <summary>The ObjectID in the process that sent it; not 0.</summary>
    public ulong Id { get; } = id;

    /// <inheritdoc/>
    public override bool Equals(ObjectRef? other) => other is EncodedObject e && e.Id == Id;

    /// <inheritdoc/>
    public override int GetHashCode() => Id.GetHashCode();
}
