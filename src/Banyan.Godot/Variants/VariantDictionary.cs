using System.Collections.Immutable;
using Banyan.Primitives;

namespace Banyan.Godot.Variants;

/// <summary>Godot's Dictionary: pairs in the order of insertion, of any types or of one for keys and one for values.</summary>
/// <remarks>
/// As in Godot, <c>"a"</c> and <c>&amp;"a"</c> are one key, and two dictionaries are equal when they hold the same pairs, in
/// whatever order.
/// </remarks>
public sealed class VariantDictionary : IEquatable<VariantDictionary>
{
    private readonly Dictionary<Variant, int> _places;
    private int _hash;

    private VariantDictionary(
        ImmutableArray<KeyValuePair<Variant, Variant>> pairs, Dictionary<Variant, int> places, ElementType keyType, ElementType valueType)
    {
        Pairs = pairs;
        _places = places;
        KeyType = keyType;
        ValueType = valueType;
    }

    /// <summary>Key and value, in order.</summary>
    public ImmutableArray<KeyValuePair<Variant, Variant>> Pairs { get; }

    /// <summary>What the keys may be.</summary>
    public ElementType KeyType { get; }

    /// <summary>What the values may be.</summary>
    public ElementType ValueType { get; }

    /// <summary>Whether keys or values are restricted.</summary>
    public bool IsTyped => KeyType.IsTyped || ValueType.IsTyped;

    /// <summary>A dictionary of these pairs, untyped; of a key given twice the last value stays, at the first place.</summary>
    public static VariantDictionary Of(ReadOnlySpan<KeyValuePair<Variant, Variant>> pairs)
    {
        Invariant.Holds(TryCreate(pairs, ElementType.Any, ElementType.Any, out VariantDictionary dictionary));
        return dictionary;
    }

    /// <summary>Converts keys and values to the types; false if one does not fit.</summary>
    public static bool TryCreate(
        ReadOnlySpan<KeyValuePair<Variant, Variant>> pairs, ElementType keyType, ElementType valueType, out VariantDictionary dictionary)
    {
        List<KeyValuePair<Variant, Variant>> admitted = new(pairs.Length);
        Dictionary<Variant, int> places = new(pairs.Length, KeyEquality.Instance);
        dictionary = new VariantDictionary([], [], keyType, valueType);
        foreach ((Variant key, Variant value) in pairs)
        {
            if (!keyType.TryAdmit(key, out Variant fitKey) || !valueType.TryAdmit(value, out Variant fitValue)) return false;
            if (places.TryGetValue(fitKey, out int place))
            {
                admitted[place] = new(admitted[place].Key, fitValue);
            }
            else
            {
                places.Add(fitKey, admitted.Count);
                admitted.Add(new(fitKey, fitValue));
            }
        }

        dictionary = new VariantDictionary([.. admitted], places, keyType, valueType);
        return true;
    }

    /// <summary>The value under a key.</summary>
    public bool TryGet(Variant key, out Variant value)
    {
        bool found = _places.TryGetValue(key, out int place);
        value = found ? Pairs[place].Value : default;
        return found;
    }

    /// <inheritdoc/>
    public bool Equals(VariantDictionary? other)
    {
        if (ReferenceEquals(this, other)) return true;
        if (other is null || KeyType != other.KeyType || ValueType != other.ValueType) return false;
        if (Pairs.Length != other.Pairs.Length || GetHashCode() != other.GetHashCode()) return false;
        foreach ((Variant key, Variant value) in Pairs)
        {
            if (!other._places.TryGetValue(key, out int place)) return false;
            if (other.Pairs[place].Key != key || other.Pairs[place].Value != value) return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as VariantDictionary);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (_hash != 0) return _hash;
        int sum = Pairs.Length + 1;
        foreach ((Variant key, Variant value) in Pairs)
            sum = unchecked(sum + VariantHash.Mix(key.GetHashCode(), value.GetHashCode()));
        return _hash = sum == 0 ? 1 : sum;
    }

    private sealed class KeyEquality : IEqualityComparer<Variant>
    {
        public static readonly KeyEquality Instance = new();

        public bool Equals(Variant x, Variant y) => x.IsText && y.IsText ? x.AsText() == y.AsText() : x == y;

        public int GetHashCode(Variant key) => key.IsText ? VariantHash.OfText(key.AsText()) : key.GetHashCode();
    }
}
