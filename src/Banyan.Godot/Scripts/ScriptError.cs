namespace Banyan.Godot.Scripts;

/// <summary>What was wrong with a script, and where.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in UTF-16 units.</param>
/// <param name="Message">A sentence without its full stop.</param>
public readonly record struct ScriptError(int Line, int Column, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Line}:{Column}: {Message}";
}
