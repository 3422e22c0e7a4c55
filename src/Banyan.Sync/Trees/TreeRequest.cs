using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Banyan.Godot.Variants;
using Banyan.Primitives;

namespace Banyan.Sync.Trees;

/// <summary>What a client says of followed trees: docs/godot-sessions.md.</summary>
/// <param name="Id">The client's name for the subtree.</param>
internal abstract record TreeRequest(long Id)
{
    /// <summary>Wants to follow.</summary>
    internal sealed record Follow(long Id, string Path) : TreeRequest(Id);

    /// <summary>Follows no more.</summary>
    internal sealed record Unfollow(long Id) : TreeRequest(Id);

    /// <summary>Wants to change something.</summary>
    internal sealed record Change(long Id, ulong Request, ImmutableArray<Variant> Operations) : TreeRequest(Id);

    /// <summary>Reads a message; false if it is none. What the operations are is not looked at.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, VariantLimits limits, [NotNullWhen(true)] out TreeRequest? request)
    {
        request = null;
        var reader = new ByteReader(message);
        if (!VariantBinary.TryDecode(ref reader, limits, out Variant value) || !reader.IsAtEnd || value.Type != VariantType.Array) return false;
        ImmutableArray<Variant> items = value.AsArray().Items;
        if (items.Length < 2 || !items[0].TryGetText(out string what) || items[1].Type != VariantType.Int) return false;
        long id = items[1].AsInt();
        request = (what, items.Length) switch
        {
            ("follow", 3) when items[2].TryGetText(out string path) => new Follow(id, path),
            ("unfollow", 2) => new Unfollow(id),
            ("change", 4) when items[2].Type == VariantType.Int && items[2].AsInt() > 0 && items[3].Type == VariantType.Array =>
                new Change(id, (ulong)items[2].AsInt(), items[3].AsArray().Items),
            _ => null,
        };
        return request is not null;
    }
}
