using System.Buffers.Binary;
using Banyan.Primitives;

namespace Banyan.Server.Peers;

/// <summary>What both sides of a new connection say first: who they are, or why they hang up.</summary>
/// <remarks>
/// <code>
/// 8 bytes  "BANYPEER"
/// u8       1: hello, 2: refusal
/// u16      length of the body, at most <see cref="BodyBytesMax"/>
/// u32      CRC-32C of kind, length and body
/// hello:   u16 oldest version, u16 newest version, u32 own server id, u32 the other's, text cluster
/// refusal: text reason
/// </code>
/// The dialling side says hello, the other answers with hello or a refusal. A refusal may also end an open connection.
/// What follows in a hello's body is for later versions and is not read. This form itself never changes.
/// </remarks>
internal readonly record struct PeerGreeting(
    ushort VersionMin, ushort VersionMax, ServerId Self, ServerId Other, string Cluster, string? Refusal)
{
    /// <summary>Oldest version of the stream that this program speaks.</summary>
    public const ushort OldestVersion = 1;

    /// <summary>Newest version of the stream that this program speaks.</summary>
    public const ushort NewestVersion = 1;

    /// <summary>Bytes before the body.</summary>
    public const int HeaderBytes = 15;

    /// <summary>Longest body.</summary>
    public const int BodyBytesMax = 1024;

    /// <summary>Longest name of a cluster, in bytes of UTF-8.</summary>
    public const int ClusterBytesMax = 256;

    private const byte HelloKind = 1;
    private const byte RefusalKind = 2;

    private static ReadOnlySpan<byte> Magic => "BANYPEER"u8;

    /// <summary>The hello of this program.</summary>
    public static PeerGreeting Hello(ServerId self, ServerId other, string cluster) =>
        new(OldestVersion, NewestVersion, self, other, cluster, null);

    /// <summary>A refusal.</summary>
    public static PeerGreeting Refuse(string reason) => new(0, 0, default, default, "", reason);

    /// <summary>The bytes.</summary>
    public byte[] Encode()
    {
        var body = new ByteWriter();
        if (Refusal is null)
        {
            body.UInt16(VersionMin);
            body.UInt16(VersionMax);
            body.UInt32(Self.Value);
            body.UInt32(Other.Value);
            body.Text(Cluster);
        }
        else
        {
            body.Text(Refusal);
        }

        Invariant.Holds(body.Length <= BodyBytesMax);
        var all = new ByteWriter();
        all.Raw(Magic);
        all.Byte(Refusal is null ? HelloKind : RefusalKind);
        all.UInt16((ushort)body.Length);
        all.UInt32(Sum(all.Written[Magic.Length..], body.Written));
        all.Raw(body.Written);
        return all.ToArray();
    }

    /// <summary>Looks at the first <see cref="HeaderBytes"/>: the length of the body, if they begin a greeting.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> header, out int bodyBytes)
    {
        Invariant.Holds(header.Length == HeaderBytes);
        bodyBytes = BinaryPrimitives.ReadUInt16LittleEndian(header[9..]);
        return header.StartsWith(Magic) && header[8] is HelloKind or RefusalKind && bodyBytes <= BodyBytesMax;
    }

    /// <summary>Reads a greeting whose header <see cref="TryReadHeader"/> has found good.</summary>
    public static bool TryRead(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, out PeerGreeting greeting)
    {
        greeting = default;
        if (Sum(header.Slice(8, 3), body) != BinaryPrimitives.ReadUInt32LittleEndian(header[11..])) return false;
        var reader = new ByteReader(body);
        greeting = header[8] == RefusalKind
            ? Refuse(Printable(reader.Text()))
            : new(reader.UInt16(), reader.UInt16(), new(reader.UInt32()), new(reader.UInt32()), reader.Text(ClusterBytesMax), null);
        return !reader.Failed;
    }

    /// <summary>Why a connection with the sender of this hello cannot be; null if it can.</summary>
    public string? Objection(ServerId self, string cluster)
    {
        if (Refusal is not null) return Refusal;
        if (VersionMin > NewestVersion || VersionMax < OldestVersion)
            return $"peer protocol versions {VersionMin} to {VersionMax} are spoken there, {OldestVersion} to {NewestVersion} here";
        // The other side's name may be anything: it is not repeated at full length.
        if (Cluster != cluster) return $"the cluster is '{Short(Cluster)}' there, '{Short(cluster)}' here";
        return Other == self ? null : $"{Other} was looked for, this is {self}";
    }

    private static string Short(string text) => text.Length <= 64 ? Printable(text) : Printable(text[..64]) + "…";

    // What others say ends up in logs and terminals.
    private static string Printable(string text) => string.Create(text.Length, text, static (to, from) =>
    {
        for (int i = 0; i < to.Length; i++) to[i] = char.IsControl(from[i]) ? '?' : from[i];
    });

    private static uint Sum(ReadOnlySpan<byte> kindAndLength, ReadOnlySpan<byte> body) =>
        Checksum.Crc32C(body, Checksum.Crc32C(kindAndLength));
}
