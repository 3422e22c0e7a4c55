using System.Collections.Immutable;
using System.Text;

namespace Banyan.Godot.Paths;

/// <summary>Godot's NodePath: names from node to node, then subnames (a property and its parts) behind colons.</summary>
/// <remarks>Source: core/string/node_path.cpp. Empty names are dropped, so <c>a//b</c> is <c>a/b</c>.</remarks>
public sealed class NodePath : IEquatable<NodePath>
{
    /// <summary>The path that names nothing.</summary>
    public static readonly NodePath Empty = new([], [], false);

    /// <summary>A path of these parts.</summary>
    public NodePath(ImmutableArray<string> names, ImmutableArray<string> subnames, bool isAbsolute)
    {
        Names = names;
        Subnames = subnames;
        IsAbsolute = isAbsolute;
    }

    /// <summary>Node names in order; <c>.</c> and <c>..</c> are kept.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>What follows the first colon, split at colons.</summary>
    public ImmutableArray<string> Subnames { get; }

    /// <summary>Whether it starts at the tree's root.</summary>
    public bool IsAbsolute { get; }

    /// <summary>Whether it names nothing at all.</summary>
    public bool IsEmpty => Names.IsEmpty && Subnames.IsEmpty && !IsAbsolute;

    /// <summary>Reads a path; a malformed one (<c>a::b</c>) is empty, as in Godot.</summary>
    public static NodePath Parse(string text)
    {
        if (text.Length == 0) return Empty;
        string nodes = text;
        ImmutableArray<string> subnames = [];
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0)
        {
            nodes = text[..colon];
            string[] parts = text[(colon + 1)..].Split(':');
            // One colon at the very end is let pass.
            int count = parts[^1].Length == 0 ? parts.Length - 1 : parts.Length;
            for (int i = 0; i < count; i++)
            {
                if (parts[i].Length == 0) return Empty;
            }

            subnames = [.. parts.AsSpan(0, count)];
        }

        return new NodePath([.. nodes.Split('/', StringSplitOptions.RemoveEmptyEntries)], subnames, nodes.StartsWith('/'));
    }

    /// <summary>Node names without the subnames, joined by slashes.</summary>
    public string NodesText => (IsAbsolute ? "/" : "") + string.Join('/', Names);

    /// <inheritdoc/>
    public override string ToString()
    {
        if (Subnames.IsEmpty) return NodesText;
        StringBuilder text = new(NodesText);
        foreach (string subname in Subnames) text.Append(':').Append(subname);
        return text.ToString();
    }

    /// <inheritdoc/>
    public bool Equals(NodePath? other) =>
        other is not null && IsAbsolute == other.IsAbsolute &&
        Names.AsSpan().SequenceEqual(other.Names.AsSpan()) && Subnames.AsSpan().SequenceEqual(other.Subnames.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as NodePath);

    /// <inheritdoc/>
    public override int GetHashCode() => Variants.VariantHash.OfText(ToString());
}
