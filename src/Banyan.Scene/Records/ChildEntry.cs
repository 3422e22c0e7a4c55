using Banyan.Primitives;

namespace Banyan.Scene.Records;

/// <summary>A child in its parent's directory.</summary>
/// <param name="Child">The child and the zone it is in.</param>
/// <param name="Order">
/// Where it stands among its siblings; equal orders fall back to the id. The upper half is the timestamp at which it was
/// added, the lower half tells apart what was added together: however many children a transaction adds, it takes no room
/// of later ones.
/// </param>
public readonly record struct ChildEntry(NodePlace Child, UInt128 Order) : IComparable<ChildEntry>
{
    // Room to move others in between.
    private const int GapBits = 32;

    /// <summary>The order of the child that is the n-th of those added at a timestamp, counted from 0.</summary>
    public static UInt128 OrderOf(Timestamp added, uint n) => new(added.Value, (ulong)n << GapBits);

    /// <inheritdoc/>
    public int CompareTo(ChildEntry other)
    {
        int byOrder = Order.CompareTo(other.Order);
        return byOrder != 0 ? byOrder : Child.Id.CompareTo(other.Child.Id);
    }

    /// <summary>The binary form.</summary>
    public byte[] Encode()
    {
        var writer = new ByteWriter(32);
        writer.Number(Child.Id.Value);
        writer.Number(Child.Zone.Value);
        writer.UInt64((ulong)(Order >> 64));
        writer.Number((ulong)Order);
        return writer.ToArray();
    }

    /// <summary>Reads the binary form.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out ChildEntry entry)
    {
        var reader = new ByteReader(bytes);
        entry = new(new(new(reader.Number()), new(NodeHeader.Number32(ref reader))), new(reader.UInt64(), reader.Number()));
        return reader.IsAtEnd;
    }
}
