using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Sync.Frames;

/// <summary>A client's first frame.</summary>
/// <param name="IsDouble">Whether its engine counts in double precision.</param>
/// <param name="CanMove">Whether it understands <see cref="GatewayFrameKind.Move"/>.</param>
/// <param name="Resume">The session that it goes on with; null for a new one.</param>
public sealed record HelloFrame(bool IsDouble, bool CanMove, ResumeRequest? Resume)
{
    /// <summary>The most that a client may remember.</summary>
    public const int MemoryBytesMax = 8 << 20;

    private const int FieldsMax = 64;

    // Nothing stands in anything else; items are the bytes of what is remembered.
    private static readonly VariantLimits _limits = new(DepthMax: 1, ItemsMax: MemoryBytesMax);

    /// <summary>The frame.</summary>
    public void WriteTo(ByteWriter writer)
    {
        List<KeyValuePair<Variant, Variant>> fields = [new("version", SessionFrame.Version), new("double", IsDouble), new("moves", CanMove)];
        if (Resume is not null)
        {
            fields.Add(new("peer", Resume.Peer));
            fields.Add(new("secret", Resume.Secret));
            fields.Add(new("memory", Resume.Memory));
            fields.Add(new("heard", Resume.Heard));
            fields.Add(new("sent", (long)Resume.Sent));
        }

        writer.Byte((byte)ClientFrameKind.Hello);
        VariantBinary.Encode(writer, VariantDictionary.Of([.. fields]));
    }

    /// <summary>Reads a frame, its kind included; false with what is wrong.</summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, [NotNullWhen(true)] out HelloFrame? hello, out string error)
    {
        hello = null;
        error = "the first frame is no HELLO";
        var reader = new ByteReader(frame);
        if (reader.Byte() != (byte)ClientFrameKind.Hello) return false;
        ByteReader ahead = reader;
        if ((ahead.UInt32() & 0xFF) != (uint)VariantType.Dictionary || ahead.UInt32() > FieldsMax) return false;
        if (!VariantBinary.TryDecode(ref reader, _limits, out Variant value) || !reader.IsAtEnd || value.Type != VariantType.Dictionary) return false;
        VariantDictionary fields = value.AsDictionary();
        if (!TryGet(fields, "version", VariantType.Int, out Variant version)) return false;
        if (version.AsInt() != SessionFrame.Version)
        {
            error = $"version {version.AsInt()} of the frames is not spoken here, {SessionFrame.Version} is";
            return false;
        }

        bool isDouble = TryGet(fields, "double", VariantType.Bool, out Variant precision) && precision.AsBool();
        bool canMove = TryGet(fields, "moves", VariantType.Bool, out Variant moves) && moves.AsBool();
        if (!TryGet(fields, "peer", VariantType.Int, out Variant peer))
        {
            hello = new(isDouble, canMove, null);
            return true;
        }

        error = "a HELLO that resumes lacks secret, memory, heard or sent";
        if (peer.AsInt() is <= 1 or > int.MaxValue || !TryGetBytes(fields, "secret", out ImmutableArray<byte> secret)
            || !TryGetBytes(fields, "memory", out ImmutableArray<byte> memory) || !TryGetBytes(fields, "heard", out ImmutableArray<byte> heard)
            || !TryGet(fields, "sent", VariantType.Int, out Variant sent) || sent.AsInt() is < 0 or > uint.MaxValue) return false;
        hello = new(isDouble, canMove, new((int)peer.AsInt(), secret, memory, heard, (uint)sent.AsInt()));
        return true;
    }

    private static bool TryGetBytes(VariantDictionary fields, string name, out ImmutableArray<byte> bytes)
    {
        bool isThere = TryGet(fields, name, VariantType.PackedByteArray, out Variant value);
        bytes = isThere ? value.AsBytes() : [];
        return isThere;
    }

    private static bool TryGet(VariantDictionary fields, string name, VariantType type, out Variant value) =>
        fields.TryGet(name, out value) && value.Type == type;
}

/// <summary>A session that a client goes on with.</summary>
/// <param name="Peer">Its peer id.</param>
/// <param name="Secret">As the WELCOME gave it.</param>
/// <param name="Memory">As <see cref="Peers.SessionMemory"/> reads it.</param>
/// <param name="Heard">{i32 source, u32 number}*.</param>
/// <param name="Sent">Its last reliable packet: those after it are new to all gateways.</param>
public sealed record ResumeRequest(int Peer, ImmutableArray<byte> Secret, ImmutableArray<byte> Memory, ImmutableArray<byte> Heard, uint Sent);
