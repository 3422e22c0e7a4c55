using System.Buffers.Binary;
using Banyan.Primitives;

namespace Banyan.Sync.Peers;

/// <summary>A connected peer, as all servers know it: written with what its joining does to the tree, deleted when its leaving has been done.</summary>
/// <param name="Server">Where it is connected.</param>
/// <param name="Life">Which life of that server: the connections of an earlier one are gone.</param>
/// <param name="Connection">Counts the connections of the session: a peer that has come again is not the one that is missed.</param>
/// <param name="SecretHash">Of what a client must know to resume the session elsewhere; 0 if it cannot.</param>
public sealed record PeerRecord(ServerId Server, ulong Life, ulong Connection, UInt128 SecretHash)
{
    /// <summary>Whether the peer may come again after its connection has broken.</summary>
    public bool CanResume => SecretHash != 0;

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
        var writer = new ByteWriter(40);
        writer.Number(Server.Value);
        writer.UInt64(Life);
        writer.Number(Connection);
        writer.UInt64((ulong)(SecretHash >> 64));
        writer.UInt64((ulong)SecretHash);
        return writer.ToArray();
    }

    /// <summary>Reads the stored form.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out PeerRecord record)
    {
        var reader = new ByteReader(bytes);
        ulong server = reader.Number();
        record = new(new((uint)server), reader.UInt64(), reader.Number(), new(reader.UInt64(), reader.UInt64()));
        return reader.IsAtEnd && server <= uint.MaxValue;
    }
}
