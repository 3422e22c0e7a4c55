using Banyan.Primitives;

namespace Banyan.Sync.Code;

/// <summary>
/// Which server runs the game's code, at the key "C". A takeover writes it, every transaction of the code reads it: a
/// server that has lost the code can change nothing any more, whatever it still believes.
/// </summary>
/// <param name="Server">Which one.</param>
/// <param name="Life">Which life of that server.</param>
/// <param name="Count">How many takeovers there have been, this one included.</param>
/// <param name="Numbers">Through which number it may number its calls: each run has numbers above all former ones.</param>
public sealed record CodeRecord(ServerId Server, ulong Life, ulong Count, ulong Numbers)
{
    /// <summary>How many numbers are reserved at a time.</summary>
    public const ulong NumbersBlock = 1 << 16;

    /// <summary>Where it lies: a table of its own ('G' are the peers, 'S' the scene) with this one record.</summary>
    public static readonly Key Key = new([(byte)'C']);

    /// <summary>Whether both are of the same takeover.</summary>
    public bool IsSameRun(CodeRecord other) => Server == other.Server && Life == other.Life && Count == other.Count;

    /// <summary>The stored form.</summary>
    public byte[] Encode()
    {
        var writer = new ByteWriter(32);
        writer.Number(Server.Value);
        writer.UInt64(Life);
        writer.Number(Count);
        writer.Number(Numbers);
        return writer.ToArray();
    }

    /// <summary>Reads the stored form.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out CodeRecord record)
    {
        var reader = new ByteReader(bytes);
        ulong server = reader.Number();
        record = new(new((uint)server), reader.UInt64(), reader.Number(), reader.Number());
        return reader.IsAtEnd && server <= uint.MaxValue;
    }
}
