using Banyan.Godot.Scenes;

namespace Banyan.SmallGames;

/// <summary>A Godot project in a folder of its own, until it is disposed.</summary>
internal class FolderProject : IProjectFiles, IDisposable
{
    /// <summary>The folder.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("banyan-project-").FullName;

    /// <summary>The scene that is imported.</summary>
    public string Main => System.IO.Path.Combine(Path, "main.tscn");

    public bool TryRead(string resPath, out string text)
    {
        string file = System.IO.Path.Combine(Path, resPath["res://".Length..]);
        text = File.Exists(file) ? File.ReadAllText(file) : "";
        return text.Length > 0;
    }

    public bool TryResolveUid(string uid, out string resPath)
    {
        resPath = "";
        return false;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    protected void Write(string name, string text) => File.WriteAllText(System.IO.Path.Combine(Path, name), text);
}
