using Banyan.Godot.Scenes;

namespace Banyan.SmallGames;

/// <summary>A project of a few files in memory. Scenes are known by the uid in their heading as well.</summary>
internal sealed class MemoryProject : IProjectFiles
{
    private readonly Dictionary<string, string> _files = [];
    private readonly Dictionary<string, string> _uids = [];

    public string this[string resPath]
    {
        set
        {
            _files[resPath] = value;
            if (SceneFile.TryParse(value, resPath, out SceneFile file, out _) && file.Uid is not null) _uids[file.Uid] = resPath;
        }
    }

    public IEnumerable<string> Paths => _files.Keys.Order(StringComparer.Ordinal);

    public bool TryRead(string resPath, out string text)
    {
        bool found = _files.TryGetValue(resPath, out string? file);
        text = file ?? "";
        return found;
    }

    public bool TryResolveUid(string uid, out string resPath)
    {
        bool found = _uids.TryGetValue(uid, out string? path);
        resPath = path ?? "";
        return found;
    }
}
