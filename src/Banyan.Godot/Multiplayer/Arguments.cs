using System.Collections.Immutable;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Godot.Multiplayer;

/// <summary>Arguments of an RPC: values one after the other, or raw bytes for the one argument that is a PackedByteArray.</summary>
public static class Arguments
{
    /// <summary>The most that a call can carry.</summary>
    public const int CountMax = 255;

    /// <summary>Whether they go as raw bytes: there are none, or one is all and it is a PackedByteArray with something in it.</summary>
    /// <remarks>
    /// Godot sends an empty PackedByteArray raw too, and what receives that sees a call without arguments. It is written
    /// as a value here, which Godot reads as what it is.
    /// </remarks>
    public static bool AreRaw(ReadOnlySpan<Variant> arguments) =>
        arguments.IsEmpty || (arguments.Length == 1 && arguments[0].Type == VariantType.PackedByteArray && !arguments[0].AsBytes().IsEmpty);

    /// <summary>Appends them, without their count.</summary>
    public static void Write(ByteWriter writer, ReadOnlySpan<Variant> arguments)
    {
        Invariant.Holds(arguments.Length <= CountMax);
        if (arguments.IsEmpty) return;
        if (AreRaw(arguments)) writer.Raw(arguments[0].AsBytes().AsSpan());
        else State.Write(writer, arguments);
    }

    /// <summary>Reads the arguments of a call; false if they are not exactly as many values as it says.</summary>
    /// <remarks>Godot calls the method with nulls for what it cannot read.</remarks>
    public static bool TryRead(RpcPacket packet, VariantLimits limits, out ImmutableArray<Variant> arguments)
    {
        if (!packet.IsRaw) return State.TryRead(packet.Arguments, packet.ArgumentCount, limits, out arguments);
        arguments = packet.Arguments.IsEmpty ? [] : [(Variant)ImmutableArray.Create(packet.Arguments)];
        return true;
    }
}
