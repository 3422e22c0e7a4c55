using Banyan.Godot.Multiplayer;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Game;

/// <summary>Values from the front of a state, as many as there are properties: more may follow.</summary>
internal static class StateValues
{
    /// <summary>Reads them; false if one cannot be read.</summary>
    public static bool TryRead(ReadOnlySpan<byte> state, int count, out Variant[] values, out int consumed)
    {
        consumed = 0;
        values = new Variant[count];
        ByteReader reader = new(state);
        for (int i = 0; i < count; i++)
        {
            if (!CompressedVariant.TryRead(ref reader, VariantLimits.Peer, out values[i])) return false;
        }

        consumed = state.Length - reader.Remaining;
        return true;
    }
}
