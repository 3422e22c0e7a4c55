namespace Banyan.Godot.Scenes;

/// <summary>Why a scene cannot be loaded, and where that stands.</summary>
/// <param name="File">The path by which the file was asked for, for instance <c>res://main.tscn</c>.</param>
/// <param name="Line">From 1; 0 if it is about the file as a whole.</param>
/// <param name="Column">From 1, in UTF-16 units; 0 if it is about a whole line or file.</param>
/// <param name="Message">A sentence without its full stop.</param>
public readonly record struct SceneFileError(string File, int Line, int Column, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => (Line, Column) switch
    {
        (0, _) => $"{File}: {Message}",
        (_, 0) => $"{File}:{Line}: {Message}",
        _ => $"{File}:{Line}:{Column}: {Message}",
    };
}
