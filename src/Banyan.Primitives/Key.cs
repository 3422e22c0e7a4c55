using System.Text;

namespace Banyan.Primitives;

/// <summary>A key of the ordered key space: bytes, compared from the first on, unsigned. The bytes are never changed.</summary>
public readonly struct Key : IComparable<Key>, IEquatable<Key>
{
    private readonly byte[]? _bytes;

    /// <summary>Takes the array over; the caller must not change it afterwards.</summary>
    public Key(byte[] bytes) => _bytes = bytes;

    /// <summary>The empty key, before every other.</summary>
    public static readonly Key Min;

    /// <summary>A key after every one that a client may write: sixteen bytes 0xFF.</summary>
    public static readonly Key Max = new([.. Enumerable.Repeat((byte)0xFF, 16)]);

    /// <summary>The longest key that the store takes, in bytes.</summary>
    public const int LengthMax = 1024;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>Number of bytes.</summary>
    public int Length => _bytes?.Length ?? 0;

    /// <summary>The smallest key after this one: itself with a zero byte appended.</summary>
    public Key Next
    {
        get
        {
            byte[] next = new byte[Length + 1];
            Span.CopyTo(next);
            return new(next);
        }
    }

    /// <summary>The smallest key after all keys that start with this one; <see cref="Max"/> if there is none.</summary>
    public Key PrefixEnd
    {
        get
        {
            for (int i = Length - 1; i >= 0; i--)
            {
                if (_bytes![i] == 0xFF) continue;
                byte[] end = _bytes.AsSpan(0, i + 1).ToArray();
                end[i]++;
                return new(end);
            }

            return Max;
        }
    }

    /// <summary>A key of the UTF-8 bytes of a text.</summary>
    public static Key Of(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>Whether this key starts with a prefix.</summary>
    public bool StartsWith(Key prefix) => Span.StartsWith(prefix.Span);

    /// <inheritdoc/>
    public int CompareTo(Key other) => Span.SequenceCompareTo(other.Span);

    /// <inheritdoc/>
    public bool Equals(Key other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Key other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)StableHash.Add(0, Span);

    /// <summary>Equality of the bytes.</summary>
    public static bool operator ==(Key a, Key b) => a.Equals(b);

    /// <summary>Inequality of the bytes.</summary>
    public static bool operator !=(Key a, Key b) => !a.Equals(b);

    /// <summary>Order of the bytes.</summary>
    public static bool operator <(Key a, Key b) => a.CompareTo(b) < 0;

    /// <summary>Order of the bytes.</summary>
    public static bool operator >(Key a, Key b) => a.CompareTo(b) > 0;

    /// <summary>Order of the bytes.</summary>
    public static bool operator <=(Key a, Key b) => a.CompareTo(b) <= 0;

    /// <summary>Order of the bytes.</summary>
    public static bool operator >=(Key a, Key b) => a.CompareTo(b) >= 0;

    /// <summary>Printable ASCII as it is, other bytes as \xNN.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (byte b in Span)
        {
            if (b is >= 0x21 and < 0x7F and not (byte)'\\') text.Append((char)b);
            else text.Append("\\x").Append(b.ToString("x2"));
        }

        return text.ToString();
    }
}
