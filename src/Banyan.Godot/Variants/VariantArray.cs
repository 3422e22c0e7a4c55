using System.Collections.Immutable;
using Banyan.Primitives;

namespace Banyan.Godot.Variants;

/// <summary>Godot's Array: values in order, of any type or of one.</summary>
public sealed class VariantArray : IEquatable<VariantArray>
{
    private int _hash;

    /// <summary>An array of these; with a type, each item must be of it (see <see cref="TryCreate"/>).</summary>
    public VariantArray(ImmutableArray<Variant> items, ElementType elementType = default)
    {
        foreach (Variant item in items) Invariant.Holds(!elementType.IsTyped || item.Type == elementType.Type);
        Items = items;
        ElementType = elementType;
    }

    /// <summary>The values in order.</summary>
    public ImmutableArray<Variant> Items { get; }

    /// <summary>What it may hold.</summary>
    public ElementType ElementType { get; }

    /// <summary>Converts the items to the type; false if one does not fit.</summary>
    public static bool TryCreate(ReadOnlySpan<Variant> items, ElementType elementType, out VariantArray array)
    {
        ImmutableArray<Variant>.Builder admitted = ImmutableArray.CreateBuilder<Variant>(items.Length);
        array = new VariantArray([], elementType);
        foreach (Variant item in items)
        {
            if (!elementType.TryAdmit(item, out Variant fit)) return false;
            admitted.Add(fit);
        }

        array = new VariantArray(admitted.MoveToImmutable(), elementType);
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(VariantArray? other) =>
        ReferenceEquals(this, other) ||
        (other is not null && ElementType == other.ElementType && Items.Length == other.Items.Length &&
         GetHashCode() == other.GetHashCode() && Items.AsSpan().SequenceEqual(other.Items.AsSpan()));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as VariantArray);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (_hash != 0) return _hash;
        int hash = (int)ElementType.Type;
        foreach (Variant item in Items) hash = VariantHash.Mix(hash, item.GetHashCode());
        return _hash = hash == 0 ? 1 : hash;
    }
}
