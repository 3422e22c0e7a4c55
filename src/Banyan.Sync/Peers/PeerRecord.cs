using System.Buffers.Binary;
using Banyan.Primitives;

namespace Banyan.Sync.Peers;

/// <summary>A connected peer, as all servers know it: written with what its joining does to the tree, deleted when its leaving has been done.</summary>
/// <param name="Server">Where it is connected.</param>
/// <param name="Life">Which life of that server: the peers of an earlier one are gone.</param>
public sealed record PeerRecord(ServerId Server, ulong Life)
{
    private const byte Table = (byte)'G';
    private const int KeyLength = 5;

    /// <summary>All records.</summary>
    public static readonly KeySpan All = KeySpan.Prefix(new Key([Table]));

    /// <summary>Where the record of a peer lies.</summary>
    public static Key KeyOf(int peer)
    {
        var key = new byte[KeyLength];
        key[0] = Table;
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(1), peer);
        return new(key);
    }

    /// <summary>Whose record a key is; false if it is none.</summary>
    public static bool TryParse(Key key, out int peer)
    {
        peer = 0;
        if (key.Span.Length != KeyLength || key.Span[0] != Table) return false;
        peer = BinaryPrimitives.ReadInt32BigEndian(key.Span[1..]);
        return true;
    }

    /// <summary>The stored form.</summary>
    public byte[] Encode()
    {
        var writer = new ByteWriter(16);
        writer.Number(Server.Value);
        writer.UInt64(Life);
        return writer.ToArray();
    }

    /// <summary>Reads the stored form.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out PeerRecord record)
    {
        var reader = new ByteReader(bytes);
        ulong server = reader.Number();
        record = new(new((uint)server), reader.UInt64());
        return reader.IsAtEnd && server <= uint.MaxValue;
    }
}
