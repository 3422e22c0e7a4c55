using Banyan.Godot.Variants;
using Banyan.Scene.Records;

namespace Banyan.Sync.Trees;

/// <summary>Properties that mean the same in every game: no objects, and nothing that is told in another way.</summary>
internal static class PlainProperty
{
    /// <summary>Whether it may be told, and set, whatever its value.</summary>
    public static bool IsName(string name) => name is not ("script" or "name");

    /// <summary>Whether nothing in a value is of one process alone, or a resource.</summary>
    public static bool IsValue(Variant value)
    {
        switch (value.Type)
        {
            case VariantType.Object or VariantType.Callable or VariantType.Signal or VariantType.Rid:
                return false;
            case VariantType.Array:
                VariantArray array = value.AsArray();
                return array.ElementType.Type != VariantType.Object && array.Items.All(IsValue);
            case VariantType.Dictionary:
                VariantDictionary dictionary = value.AsDictionary();
                if (dictionary.KeyType.Type == VariantType.Object || dictionary.ValueType.Type == VariantType.Object) return false;
                return dictionary.Pairs.All(pair => IsValue(pair.Key) && IsValue(pair.Value));
            default:
                return true;
        }
    }

    /// <summary>The value of a stored property, if clients are told of it; a stored null is as good as none.</summary>
    public static bool TryGet(string name, byte[] stored, out Variant value)
    {
        value = default;
        return IsName(name) && PropertyValue.TryDecode(stored, out value) && !value.IsNil && IsValue(value);
    }
}
