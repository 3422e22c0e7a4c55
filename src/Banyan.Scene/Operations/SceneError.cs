namespace Banyan.Scene.Operations;

/// <summary>The kinds of refusals.</summary>
public enum SceneErrorCode : byte
{
    /// <summary>The path or id names nothing.</summary>
    NoSuchNode = 1,

    /// <summary>Not a path from /root.</summary>
    BadPath,

    /// <summary>Not a name that Godot allows.</summary>
    BadName,

    /// <summary>A sibling has this name.</summary>
    DuplicateName,

    /// <summary>A node would hang below itself.</summary>
    Cycle,

    /// <summary>The world's root does not move.</summary>
    IsRoot,

    /// <summary>A value, a batch or a tree beyond its limit.</summary>
    TooLarge,

    /// <summary>The value is none.</summary>
    BadValue,
}

/// <summary>Why an operation was refused. Nothing of its batch has happened.</summary>
public sealed record SceneError(SceneErrorCode Code, string Message)
{
    /// <summary>Code and message.</summary>
    public override string ToString() => $"{Code}: {Message}";
}
