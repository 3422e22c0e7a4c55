using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Banyan.Godot.Paths;
using Banyan.Primitives;

namespace Banyan.Godot.Variants;

/// <summary>One value of any of Godot's 39 types. Immutable, compared by value; the default is nil.</summary>
/// <remarks>
/// Values of up to 16 bytes (numbers, vectors, colors: what moves every tick) lie in the struct itself and cost no
/// allocation; all others are one shared immutable object. Equality is Godot's <c>hash_compare</c>: types must agree
/// (1 is not 1.0), 0.0 equals −0.0 and NaN equals NaN, so that every value equals itself. Reading a value as another
/// type than <see cref="Type"/> is a bug and breaks an invariant.
/// </remarks>
public readonly struct Variant : IEquatable<Variant>
{
    private readonly object? _held;
    private readonly Words _words;

    private Variant(VariantType type, object? held, Words words = default)
    {
        Type = type;
        _held = held;
        _words = words;
    }

    /// <summary>No value: Godot's <c>null</c>.</summary>
    public static Variant Nil => default;

    /// <summary>Which of the types it is.</summary>
    public VariantType Type { get; }

    /// <summary>Whether it is <see cref="VariantType.Nil"/>. A null object is not nil, as in Godot.</summary>
    public bool IsNil => Type == VariantType.Nil;

    /// <summary>Whether it is a String or a StringName.</summary>
    public bool IsText => Type is VariantType.String or VariantType.StringName;

    /// <summary>A value of this type with Godot's default content: 0, "", identity, an empty container.</summary>
    public static Variant DefaultOf(VariantType type) => type switch
    {
        VariantType.Nil => default,
        VariantType.Bool or VariantType.Int or VariantType.Float or VariantType.Vector2 or VariantType.Vector2I or
        VariantType.Rect2 or VariantType.Rect2I or VariantType.Vector3 or VariantType.Vector3I or
        VariantType.Vector4 or VariantType.Vector4I or VariantType.Plane or VariantType.Rid => new(type, null),
        VariantType.Quaternion => new Quaternion(0, 0, 0, 1),
        VariantType.Color => new Color(0, 0, 0, 1),
        VariantType.String => "",
        VariantType.StringName => new StringName(""),
        VariantType.NodePath => NodePath.Empty,
        VariantType.Transform2D => new Transform2D(new(1, 0), new(0, 1), default),
        VariantType.Aabb => default(Aabb),
        VariantType.Basis => Basis.Identity,
        VariantType.Transform3D => Transform3D.Identity,
        VariantType.Projection => new Projection(new(1, 0, 0, 0), new(0, 1, 0, 0), new(0, 0, 1, 0), new(0, 0, 0, 1)),
        VariantType.Object => FromObject(null),
        VariantType.Callable => EmptyCallable,
        VariantType.Signal => new SignalRef("", 0),
        VariantType.Dictionary => VariantDictionary.Of([]),
        VariantType.Array => new VariantArray([]),
        VariantType.PackedByteArray => ImmutableArray<byte>.Empty,
        VariantType.PackedInt32Array => ImmutableArray<int>.Empty,
        VariantType.PackedInt64Array => ImmutableArray<long>.Empty,
        VariantType.PackedFloat32Array => ImmutableArray<float>.Empty,
        VariantType.PackedFloat64Array => ImmutableArray<double>.Empty,
        VariantType.PackedStringArray => ImmutableArray<string>.Empty,
        VariantType.PackedVector2Array => ImmutableArray<Vector2>.Empty,
        VariantType.PackedVector3Array => ImmutableArray<Vector3>.Empty,
        VariantType.PackedColorArray => ImmutableArray<Color>.Empty,
        VariantType.PackedVector4Array => ImmutableArray<Vector4>.Empty,
        _ => Impossible(type),
    };

#pragma warning disable CS1591 // One conversion in and one accessor out per type; the signature says it all.
    public static implicit operator Variant(bool value) => Small(VariantType.Bool, value ? 1L : 0L);
    public static implicit operator Variant(int value) => Small(VariantType.Int, (long)value);
    public static implicit operator Variant(long value) => Small(VariantType.Int, value);
    public static implicit operator Variant(double value) => Small(VariantType.Float, value);
    public static implicit operator Variant(string value) => new(VariantType.String, value);
    public static implicit operator Variant(Vector2 value) => Small(VariantType.Vector2, value);
    public static implicit operator Variant(Vector2I value) => Small(VariantType.Vector2I, value);
    public static implicit operator Variant(Rect2 value) => Small(VariantType.Rect2, value);
    public static implicit operator Variant(Rect2I value) => Small(VariantType.Rect2I, value);
    public static implicit operator Variant(Vector3 value) => Small(VariantType.Vector3, value);
    public static implicit operator Variant(Vector3I value) => Small(VariantType.Vector3I, value);
    public static implicit operator Variant(Transform2D value) => new(VariantType.Transform2D, value);
    public static implicit operator Variant(Vector4 value) => Small(VariantType.Vector4, value);
    public static implicit operator Variant(Vector4I value) => Small(VariantType.Vector4I, value);
    public static implicit operator Variant(Plane value) => Small(VariantType.Plane, value);
    public static implicit operator Variant(Quaternion value) => Small(VariantType.Quaternion, value);
    public static implicit operator Variant(Aabb value) => new(VariantType.Aabb, value);
    public static implicit operator Variant(Basis value) => new(VariantType.Basis, value);
    public static implicit operator Variant(Transform3D value) => new(VariantType.Transform3D, value);
    public static implicit operator Variant(Projection value) => new(VariantType.Projection, value);
    public static implicit operator Variant(Color value) => Small(VariantType.Color, value);
    public static implicit operator Variant(StringName value) => new(VariantType.StringName, value.Value ?? "");
    public static implicit operator Variant(NodePath value) => new(VariantType.NodePath, value);
    public static implicit operator Variant(Rid value) => Small(VariantType.Rid, value);
    public static implicit operator Variant(SignalRef value) => new(VariantType.Signal, value);
    public static implicit operator Variant(VariantDictionary value) => new(VariantType.Dictionary, value);
    public static implicit operator Variant(VariantArray value) => new(VariantType.Array, value);
    public static implicit operator Variant(ImmutableArray<byte> value) => Packed(VariantType.PackedByteArray, value);
    public static implicit operator Variant(ImmutableArray<int> value) => Packed(VariantType.PackedInt32Array, value);
    public static implicit operator Variant(ImmutableArray<long> value) => Packed(VariantType.PackedInt64Array, value);
    public static implicit operator Variant(ImmutableArray<float> value) => Packed(VariantType.PackedFloat32Array, value);
    public static implicit operator Variant(ImmutableArray<double> value) => Packed(VariantType.PackedFloat64Array, value);
    public static implicit operator Variant(ImmutableArray<string> value) => Packed(VariantType.PackedStringArray, value);
    public static implicit operator Variant(ImmutableArray<Vector2> value) => Packed(VariantType.PackedVector2Array, value);
    public static implicit operator Variant(ImmutableArray<Vector3> value) => Packed(VariantType.PackedVector3Array, value);
    public static implicit operator Variant(ImmutableArray<Color> value) => Packed(VariantType.PackedColorArray, value);
    public static implicit operator Variant(ImmutableArray<Vector4> value) => Packed(VariantType.PackedVector4Array, value);
    public static Variant FromObject(ObjectRef? value) => new(VariantType.Object, value);

    /// <summary>A Callable; what it calls never leaves the process that made it.</summary>
    public static Variant EmptyCallable => new(VariantType.Callable, null);

    public bool AsBool() => Read<long>(VariantType.Bool) != 0;
    public long AsInt() => Read<long>(VariantType.Int);
    public double AsFloat() => Read<double>(VariantType.Float);
    public Vector2 AsVector2() => Read<Vector2>(VariantType.Vector2);
    public Vector2I AsVector2I() => Read<Vector2I>(VariantType.Vector2I);
    public Rect2 AsRect2() => Read<Rect2>(VariantType.Rect2);
    public Rect2I AsRect2I() => Read<Rect2I>(VariantType.Rect2I);
    public Vector3 AsVector3() => Read<Vector3>(VariantType.Vector3);
    public Vector3I AsVector3I() => Read<Vector3I>(VariantType.Vector3I);
    public Transform2D AsTransform2D() => (Transform2D)Held(VariantType.Transform2D);
    public Vector4 AsVector4() => Read<Vector4>(VariantType.Vector4);
    public Vector4I AsVector4I() => Read<Vector4I>(VariantType.Vector4I);
    public Plane AsPlane() => Read<Plane>(VariantType.Plane);
    public Quaternion AsQuaternion() => Read<Quaternion>(VariantType.Quaternion);
    public Aabb AsAabb() => (Aabb)Held(VariantType.Aabb);
    public Basis AsBasis() => (Basis)Held(VariantType.Basis);
    public Transform3D AsTransform3D() => (Transform3D)Held(VariantType.Transform3D);
    public Projection AsProjection() => (Projection)Held(VariantType.Projection);
    public Color AsColor() => Read<Color>(VariantType.Color);
    public NodePath AsNodePath() => (NodePath)Held(VariantType.NodePath);
    public Rid AsRid() => Read<Rid>(VariantType.Rid);
    public SignalRef AsSignal() => (SignalRef)Held(VariantType.Signal);
    public VariantDictionary AsDictionary() => (VariantDictionary)Held(VariantType.Dictionary);
    public VariantArray AsArray() => (VariantArray)Held(VariantType.Array);
    public ImmutableArray<byte> AsBytes() => Unpack<byte>(VariantType.PackedByteArray);
    public ImmutableArray<int> AsInt32s() => Unpack<int>(VariantType.PackedInt32Array);
    public ImmutableArray<long> AsInt64s() => Unpack<long>(VariantType.PackedInt64Array);
    public ImmutableArray<float> AsFloat32s() => Unpack<float>(VariantType.PackedFloat32Array);
    public ImmutableArray<double> AsFloat64s() => Unpack<double>(VariantType.PackedFloat64Array);
    public ImmutableArray<string> AsStrings() => Unpack<string>(VariantType.PackedStringArray);
    public ImmutableArray<Vector2> AsVector2s() => Unpack<Vector2>(VariantType.PackedVector2Array);
    public ImmutableArray<Vector3> AsVector3s() => Unpack<Vector3>(VariantType.PackedVector3Array);
    public ImmutableArray<Color> AsColors() => Unpack<Color>(VariantType.PackedColorArray);
    public ImmutableArray<Vector4> AsVector4s() => Unpack<Vector4>(VariantType.PackedVector4Array);
#pragma warning restore CS1591

    /// <summary>The text of a String or a StringName.</summary>
    public string AsText()
    {
        Invariant.Holds(IsText);
        return (string)_held!;
    }

    /// <summary>What stands for the object; null is Godot's null object.</summary>
    public ObjectRef? AsObject()
    {
        Invariant.Holds(Type == VariantType.Object);
        return (ObjectRef?)_held;
    }

    /// <summary>Whether it is text, and which.</summary>
    public bool TryGetText(out string text)
    {
        text = IsText ? (string)_held! : "";
        return IsText;
    }

    /// <inheritdoc/>
    public bool Equals(Variant other)
    {
        if (Type != other.Type) return false;
        return Type switch
        {
            VariantType.Float => AsFloat().Equals(other.AsFloat()),
            VariantType.Vector2 => AsVector2().Equals(other.AsVector2()),
            VariantType.Rect2 => AsRect2().Equals(other.AsRect2()),
            VariantType.Vector3 => AsVector3().Equals(other.AsVector3()),
            VariantType.Vector4 => AsVector4().Equals(other.AsVector4()),
            VariantType.Plane => AsPlane().Equals(other.AsPlane()),
            VariantType.Quaternion => AsQuaternion().Equals(other.AsQuaternion()),
            VariantType.Color => AsColor().Equals(other.AsColor()),
            VariantType.PackedByteArray => Same<byte>(other),
            VariantType.PackedInt32Array => Same<int>(other),
            VariantType.PackedInt64Array => Same<long>(other),
            VariantType.PackedFloat32Array => Same<float>(other),
            VariantType.PackedFloat64Array => Same<double>(other),
            VariantType.PackedStringArray => Same<string>(other),
            VariantType.PackedVector2Array => Same<Vector2>(other),
            VariantType.PackedVector3Array => Same<Vector3>(other),
            VariantType.PackedColorArray => Same<Color>(other),
            VariantType.PackedVector4Array => Same<Vector4>(other),
            _ => _words == other._words && Equals(_held, other._held),
        };
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Variant other && Equals(other);

    /// <summary>The same on every run and machine.</summary>
    public override int GetHashCode() => VariantHash.Mix((int)Type, Type switch
    {
        VariantType.Float => AsFloat().GetHashCode(),
        VariantType.Vector2 => AsVector2().GetHashCode(),
        VariantType.Rect2 => AsRect2().GetHashCode(),
        VariantType.Vector3 => AsVector3().GetHashCode(),
        VariantType.Vector4 => AsVector4().GetHashCode(),
        VariantType.Plane => AsPlane().GetHashCode(),
        VariantType.Quaternion => AsQuaternion().GetHashCode(),
        VariantType.Color => AsColor().GetHashCode(),
        VariantType.String or VariantType.StringName => VariantHash.OfText(AsText()),
        VariantType.Signal => VariantHash.Mix(VariantHash.OfText(AsSignal().Name), AsSignal().ObjectId.GetHashCode()),
        VariantType.PackedByteArray => Hash<byte>(),
        VariantType.PackedInt32Array => Hash<int>(),
        VariantType.PackedInt64Array => Hash<long>(),
        VariantType.PackedFloat32Array => Hash<float>(),
        VariantType.PackedFloat64Array => Hash<double>(),
        VariantType.PackedStringArray => HashTexts(),
        VariantType.PackedVector2Array => Hash<Vector2>(),
        VariantType.PackedVector3Array => Hash<Vector3>(),
        VariantType.PackedColorArray => Hash<Color>(),
        VariantType.PackedVector4Array => Hash<Vector4>(),
        _ => _held?.GetHashCode() ?? _words.GetHashCode(),
    });

    /// <summary>Equality of type and value.</summary>
    public static bool operator ==(Variant a, Variant b) => a.Equals(b);

    /// <summary>Inequality of type or value.</summary>
    public static bool operator !=(Variant a, Variant b) => !a.Equals(b);

    private static Variant Small<T>(VariantType type, T value) where T : unmanaged
    {
        Words words = default;
        MemoryMarshal.Write(MemoryMarshal.AsBytes(new Span<Words>(ref words)), value);
        return new(type, null, words);
    }

    private static Variant Packed<T>(VariantType type, ImmutableArray<T> values) =>
        new(type, ImmutableCollectionsMarshal.AsArray(values.IsDefault ? [] : values));

    private static Variant Impossible(VariantType type)
    {
        Invariant.Unreachable($"no Variant type {(int)type}");
        return default;
    }

    private T Read<T>(VariantType type) where T : unmanaged
    {
        Invariant.Holds(Type == type);
        return MemoryMarshal.Read<T>(MemoryMarshal.AsBytes(new ReadOnlySpan<Words>(in _words)));
    }

    private object Held(VariantType type)
    {
        Invariant.Holds(Type == type);
        return _held!;
    }

    private ImmutableArray<T> Unpack<T>(VariantType type) => ImmutableCollectionsMarshal.AsImmutableArray((T[])Held(type));

    private bool Same<T>(Variant other) where T : IEquatable<T> => ((T[])_held!).AsSpan().SequenceEqual((T[])other._held!);

    private int Hash<T>() where T : notnull
    {
        int hash = 0;
        foreach (T item in (T[])_held!) hash = VariantHash.Mix(hash, item.GetHashCode());
        return hash;
    }

    private int HashTexts()
    {
        int hash = 0;
        foreach (string item in (string[])_held!) hash = VariantHash.Mix(hash, VariantHash.OfText(item));
        return hash;
    }

    private readonly record struct Words(ulong Low, ulong High);
}
