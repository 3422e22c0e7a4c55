using System.Collections.Immutable;
using Banyan.Godot.Variants;

namespace Banyan.Sync.Trees;

/// <summary>A client's end of one followed subtree: what the addon's BanyanTree is in GDScript.</summary>
/// <remarks>It does what it is told and nothing else: a change that the client asks for is seen once the cluster has made it.</remarks>
public sealed class TreeFollower
{
    private readonly Queue<(long Request, string Error)> _done = [];

    /// <summary>Follows nothing yet; a <see cref="Frames.ClientSession"/> makes those that do.</summary>
    /// <param name="id">The client's name for the subtree.</param>
    /// <param name="path">Of the root, from /root.</param>
    public TreeFollower(long id, string path)
    {
        Id = id;
        Path = path;
    }

    /// <summary>The client's name for the subtree.</summary>
    public long Id { get; }

    /// <summary>Of the root, from /root.</summary>
    public string Path { get; }

    /// <summary>The followed root; null until it was told, and once it is lost.</summary>
    public TreeNode? Root { get; private set; }

    /// <summary>Why it is not followed any more; null while it is.</summary>
    public string? Lost { get; private set; }

    /// <summary>How often the whole tree was told.</summary>
    public int TreesCount { get; private set; }

    /// <summary>How many transactions were told.</summary>
    public int ChangesCount { get; private set; }

    /// <summary>The next answer to a change, in the order of the requests; empty if all of it was made.</summary>
    public bool TryTakeDone(out (long Request, string Error) done) => _done.TryDequeue(out done);

    /// <summary>Takes a message about it; false if no gateway would send it.</summary>
    /// <param name="message">The items of the array.</param>
    public bool TryTake(ImmutableArray<Variant> message)
    {
        if (message is not [var first, var id, var third, .. var rest] || !first.TryGetText(out string what) || id.Type != VariantType.Int || id.AsInt() != Id) return false;
        switch (what, rest.Length)
        {
            case ("tree", 0) when third.Type == VariantType.Array:
                TreesCount++;
                return TryTakeTree(third.AsArray().Items);
            case ("changes", 0) when third.Type == VariantType.Array:
                ChangesCount++;
                return Root is not null && third.AsArray().Items.All(TryDo);
            case ("done", 1) when third.Type == VariantType.Int && rest[0].TryGetText(out string error):
                _done.Enqueue((third.AsInt(), error));
                return true;
            case ("lost", 0) when third.TryGetText(out string reason):
                (Root, Lost) = (null, reason);
                return true;
            default:
                return false;
        }
    }

    private bool TryTakeTree(ImmutableArray<Variant> nodes)
    {
        (Root, Lost) = (null, null);
        foreach (Variant one in nodes)
        {
            if (one.Type != VariantType.Array || one.AsArray().Items is not [var where, var what, var properties]) return false;
            if (!where.TryGetText(out string path) || !what.TryGetText(out string type) || properties.Type != VariantType.Dictionary) return false;
            if (path == ".")
            {
                if (Root is not null) return false;
                Root = new(null, "", type);
                if (!Root.TrySet(properties.AsDictionary())) return false;
                continue;
            }

            int last = path.LastIndexOf('/');
            if (Root?.Find(last < 0 ? "." : path[..last]) is not { } parent || !parent.TryAdd(path[(last + 1)..], type, properties.AsDictionary())) return false;
        }

        return Root is not null;
    }

    private bool TryDo(Variant operation)
    {
        if (operation.Type != VariantType.Array || operation.AsArray().Items is not [var first, var second, .. var rest]) return false;
        if (!first.TryGetText(out string what) || !second.TryGetText(out string path) || Root!.Find(path) is not { } node) return false;
        switch (what, rest.Length)
        {
            case ("spawn", 3):
                return TryTexts(rest[0], rest[1], out string name, out string type) && rest[2].Type == VariantType.Dictionary && node.TryAdd(name, type, rest[2].AsDictionary());
            case ("remove", 0):
                node.Remove();
                return node != Root;
            case ("set", 1):
                return rest[0].Type == VariantType.Dictionary && node.TrySet(rest[0].AsDictionary());
            case ("move", 2):
                return TryTexts(rest[0], rest[1], out string under, out string newName) && Root.Find(under) is { } parent && node.TryMove(parent, newName);
            default:
                return false;
        }
    }

    private static bool TryTexts(Variant a, Variant b, out string first, out string second)
    {
        bool areTexts = a.TryGetText(out first);
        return b.TryGetText(out second) && areTexts;
    }
}
