using System.Diagnostics.CodeAnalysis;
using Banyan.Server.Hosting;

namespace Banyan.Server.Games.Access;

/// <summary>The keys that tokens are signed with, as a server's key files say: they are changed without a restart.</summary>
/// <remarks>
/// A key file has a key in each line, as <see cref="TokenKey"/> wants it; empty lines do not count. A file without any is
/// wrong, so that nobody who empties one opens the gateway.
/// </remarks>
internal sealed class TokenKeys
{
    private const int FileBytesMax = 64 << 10;
    private const int KeysMax = 64;
    private readonly RereadFiles<IReadOnlyList<TokenKey>>? _files;

    private TokenKeys(RereadFiles<IReadOnlyList<TokenKey>>? files) => _files = files;

    /// <summary>No keys, and no files.</summary>
    public static TokenKeys None { get; } = new(null);

    /// <summary>The keys.</summary>
    public IReadOnlyList<TokenKey> Current => _files?.Current ?? [];

    /// <summary>Reads the files for the first time; false with what is wrong, which never quotes what is in them.</summary>
    /// <param name="files">Their names; none for no keys.</param>
    /// <param name="time">Now.</param>
    /// <param name="say">Told of other keys, and of files that cannot be used.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="error">What is wrong.</param>
    public static bool TryOpen(IReadOnlyList<string> files, TimeProvider time, Action<string> say, [NotNullWhen(true)] out TokenKeys? keys, out string error)
    {
        (keys, error) = (None, "");
        if (files.Count == 0) return true;
        bool isRead = RereadFiles<IReadOnlyList<TokenKey>>.TryOpen(
            ([NotNullWhen(true)] out IReadOnlyList<TokenKey>? read, out string why) => TryReadAll(files, out read, out why), IsSame,
            read => $"--token-key: other keys, {read.Count} ({string.Join(", ", read.Select(k => k.Name ?? "without a name"))})", time, say,
            out RereadFiles<IReadOnlyList<TokenKey>>? reread, out error);
        keys = isRead ? new(reread) : null;
        return isRead;
    }

    /// <summary>Reads a key file; false with what is wrong with it, which never quotes what is in it.</summary>
    public static bool TryReadFile(string path, [NotNullWhen(true)] out IReadOnlyList<TokenKey>? keys, out string error)
    {
        keys = null;
        if (!SmallFile.TryRead(path, FileBytesMax, out string text, out error)) return false;
        string[] lines = text.Split('\n', StringSplitOptions.TrimEntries);
        var read = new List<TokenKey>();
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length == 0) continue;
            if (!TokenKey.TryParse(lines[i], out TokenKey? key, out error))
            {
                error = lines.Count(l => l.Length > 0) == 1 ? $"{path}: {error}" : $"{path}, line {i + 1}: {error}";
                return false;
            }

            read.Add(key);
        }

        error = read.Count == 0 ? $"{path}: there is no key in it" : read.Count > KeysMax ? $"{path}: more than {KeysMax} keys" : "";
        if (error.Length == 0) keys = read;
        return keys is not null;
    }

    private static bool TryReadAll(IReadOnlyList<string> files, [NotNullWhen(true)] out IReadOnlyList<TokenKey>? keys, out string error)
    {
        keys = null;
        error = "";
        var all = new List<TokenKey>();
        foreach (string file in files)
        {
            if (!TryReadFile(file, out IReadOnlyList<TokenKey>? some, out error))
            {
                error = "--token-key " + error;
                return false;
            }

            foreach (TokenKey key in some)
            {
                if (key.Name is not null && all.Exists(k => k.Name == key.Name))
                {
                    error = $"--token-key {file}: there is another key with the name {key.Name}";
                    return false;
                }

                all.Add(key);
            }
        }

        keys = all;
        return true;
    }

    private static bool IsSame(IReadOnlyList<TokenKey> one, IReadOnlyList<TokenKey> other) =>
        one.Count == other.Count && one.Zip(other).All(pair => pair.First.IsSame(pair.Second));
}
