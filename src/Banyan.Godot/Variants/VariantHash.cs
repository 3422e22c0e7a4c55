using Banyan.Primitives;

namespace Banyan.Godot.Variants;

/// <summary>Hashes that are the same on every run, unlike the runtime's hash of a string.</summary>
internal static class VariantHash
{
    public static int Mix(int hash, int value) => Fold(StableHash.Add((uint)hash, (uint)value));

    public static int OfText(string text)
    {
        ulong hash = (ulong)text.Length;
        foreach (char c in text) hash = StableHash.Add(hash, c);
        return Fold(hash);
    }

    private static int Fold(ulong hash) => unchecked((int)(hash ^ (hash >> 32)));
}
