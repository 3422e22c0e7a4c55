using System.Text;
using Banyan.Scene.Records;

namespace Banyan.Scene.Operations;

/// <summary>Paths from /root, and names as Godot allows them.</summary>
public static class ScenePath
{
    /// <summary>The world's root.</summary>
    public const string Root = "/root";

    // Node::set_name replaces these in Godot; we refuse them, since a silent change of a name surprises everyone else.
    // All but '@', which marks names that Godot made up.
    private const string Forbidden = ".:/\"%";

    /// <summary>Splits a path into the names below /root.</summary>
    public static bool TrySplit(string path, out string[] names, [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out string? why)
    {
        names = [];
        why = null;
        if (path == Root) return true;
        if (!path.StartsWith(Root + "/", StringComparison.Ordinal))
        {
            why = $"\"{path}\" does not start at {Root}";
            return false;
        }

        names = path[(Root.Length + 1)..].Split('/');
        if (Array.Exists(names, string.IsNullOrEmpty)) why = $"\"{path}\" has an empty name in it";
        else if (names.Length > SceneTransaction.DepthMax) why = $"\"{path[..40]}…\" is deeper than {SceneTransaction.DepthMax}";
        return why is null;
    }

    /// <summary>Whether Godot would keep a name as it is. Auto-generated names (@Node@2) are kept, since scene files hold them.</summary>
    public static bool IsValidName(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out string? why)
    {
        why = null;
        if (name.Length == 0) why = "a name may not be empty";
        else if (Encoding.UTF8.GetByteCount(name) > NodeHeader.NameBytesMax) why = $"a name may have {NodeHeader.NameBytesMax} bytes at most";
        else if (name.AsSpan().IndexOfAny(Forbidden) is var at and >= 0) why = $"\"{name}\": '{name[at]}' may not be part of a name";
        else if (!IsText(name)) why = "a name has to be valid UTF-16";
        return why is null;
    }

    // Half a surrogate pair has no bytes of its own: two such names would be one key.
    internal static bool IsText(string text)
    {
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out int taken) != System.Buffers.OperationStatus.Done) return false;
            rest = rest[taken..];
        }

        return true;
    }

    /// <summary>The path of a child.</summary>
    public static string Join(string parent, string name) => parent + "/" + name;
}
