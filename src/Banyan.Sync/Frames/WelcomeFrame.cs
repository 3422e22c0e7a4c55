using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Sync.Frames;

/// <summary>A gateway's first frame: the session is open.</summary>
/// <param name="Peer">The client's peer id.</param>
/// <param name="Secret">What it must know to resume elsewhere.</param>
/// <param name="HasResumed">Whether it is the session that was asked for.</param>
/// <param name="Gateways">Where else it can connect, as far as this one knows.</param>
/// <param name="GraceSeconds">How long the session outlives a connection.</param>
public sealed record WelcomeFrame(int Peer, ImmutableArray<byte> Secret, bool HasResumed, ImmutableArray<string> Gateways, double GraceSeconds)
{
    private static readonly VariantLimits _limits = new(DepthMax: 4, ItemsMax: 1024);

    /// <summary>The frame.</summary>
    public void WriteTo(ByteWriter writer)
    {
        writer.Byte((byte)GatewayFrameKind.Welcome);
        VariantBinary.Encode(writer, VariantDictionary.Of(
        [
            new("version", SessionFrame.Version), new("peer", Peer), new("secret", Secret), new("resumed", HasResumed),
            new("gateways", Gateways), new("grace", GraceSeconds),
        ]));
    }

    /// <summary>Reads a frame, its kind included.</summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, [NotNullWhen(true)] out WelcomeFrame? welcome)
    {
        welcome = null;
        var reader = new ByteReader(frame);
        if (reader.Byte() != (byte)GatewayFrameKind.Welcome) return false;
        if (!VariantBinary.TryDecode(ref reader, _limits, out Variant value) || !reader.IsAtEnd || value.Type != VariantType.Dictionary) return false;
        VariantDictionary fields = value.AsDictionary();
        if (!fields.TryGet("peer", out Variant peer) || peer.Type != VariantType.Int || peer.AsInt() is <= 1 or > int.MaxValue
            || !fields.TryGet("secret", out Variant secret) || secret.Type != VariantType.PackedByteArray
            || !fields.TryGet("resumed", out Variant resumed) || resumed.Type != VariantType.Bool
            || !fields.TryGet("gateways", out Variant gateways) || gateways.Type != VariantType.PackedStringArray
            || !fields.TryGet("grace", out Variant grace) || grace.Type != VariantType.Float) return false;
        welcome = new((int)peer.AsInt(), secret.AsBytes(), resumed.AsBool(), gateways.AsStrings(), grace.AsFloat());
        return true;
    }
}
