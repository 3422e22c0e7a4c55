using System.Text;
using Banyan.Godot.Scenes;

namespace Banyan.Server.Projects;

/// <summary>A Godot project on disk. Nothing outside of its folder is read, whatever a scene says.</summary>
internal sealed class ProjectFolder : IProjectFiles
{
    private const long TextBytesMax = 64 << 20;
    private const string Scheme = "res://";

    private readonly string _folder;
    private Dictionary<string, string>? _uids;

    /// <exception cref="IOException">There is no such folder.</exception>
    public ProjectFolder(string folder)
    {
        _folder = Path.GetFullPath(folder);
        if (!Directory.Exists(_folder)) throw new DirectoryNotFoundException($"{folder}: no such folder");
    }

    /// <summary>The project that a file belongs to: the nearest folder above it with a project.godot, else its own.</summary>
    public static string FolderOf(string file)
    {
        string own = Path.GetDirectoryName(Path.GetFullPath(file))!;
        for (string? folder = own; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "project.godot"))) return folder;
        }

        return own;
    }

    /// <summary>A file's path in the project.</summary>
    /// <exception cref="IOException">It lies outside.</exception>
    public string ResPathOf(string file)
    {
        string relative = Path.GetRelativePath(_folder, Path.GetFullPath(file));
        if (relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative))
            throw new IOException($"{file} lies outside of the project {_folder}");
        return Scheme + relative.Replace('\\', '/');
    }

    /// <inheritdoc/>
    public bool TryRead(string resPath, out string text)
    {
        text = "";
        if (!TryLocate(resPath, out string file) || new FileInfo(file).Length > TextBytesMax) return false;
        text = File.ReadAllText(file, Encoding.UTF8);
        return true;
    }

    /// <inheritdoc/>
    public bool Exists(string resPath) => TryLocate(resPath, out _);

    /// <inheritdoc/>
    public bool TryResolveUid(string uid, out string resPath) => (_uids ??= ReadUids()).TryGetValue(uid, out resPath!);

    private bool TryLocate(string resPath, out string file)
    {
        file = "";
        if (!resPath.StartsWith(Scheme, StringComparison.Ordinal)) return false;
        file = Path.GetFullPath(Path.Combine(_folder, resPath[Scheme.Length..]));
        return file.StartsWith(_folder + Path.DirectorySeparatorChar, StringComparison.Ordinal) && File.Exists(file);
    }

    // Headers of scenes and text resources say their uid; for other files it stands in a .uid or .import file beside them.
    private Dictionary<string, string> ReadUids()
    {
        var uids = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string? uid = Path.GetExtension(file) switch
            {
                ".tscn" or ".tres" or ".escn" => UidIn(File.ReadLines(file).FirstOrDefault(line => line.StartsWith("[gd_", StringComparison.Ordinal))),
                ".uid" => File.ReadLines(file).FirstOrDefault()?.Trim(),
                ".import" => UidIn(File.ReadLines(file).FirstOrDefault(line => line.StartsWith("uid=", StringComparison.Ordinal))),
                _ => null,
            };
            if (uid is null) continue;
            string owner = Path.GetExtension(file) is ".uid" or ".import" ? Path.ChangeExtension(file, null) : file;
            uids.TryAdd(uid, ResPathOf(owner));
        }

        return uids;
    }

    private static string? UidIn(string? line)
    {
        int at = line?.IndexOf("uid=\"", StringComparison.Ordinal) ?? -1;
        if (at < 0) return null;
        int end = line!.IndexOf('"', at + 5);
        return end < 0 ? null : line[(at + 5)..end];
    }
}
