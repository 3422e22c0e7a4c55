namespace Banyan.Godot.Scenes;

/// <summary>The files of a Godot project, by <c>res://</c> path.</summary>
public interface IProjectFiles
{
    /// <summary>The text of a file; false if there is none.</summary>
    bool TryRead(string resPath, out string text);

    /// <summary>The path of a file by its <c>uid://</c>; false if the project does not know it.</summary>
    bool TryResolveUid(string uid, out string resPath);

    /// <summary>Whether there is such a file, text or not. To be overridden where reading it to find out would be dear.</summary>
    bool Exists(string resPath) => TryRead(resPath, out _);
}
