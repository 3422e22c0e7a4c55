namespace Banyan.Godot.Scripts;

internal enum ScriptTokenKind
{
    Bad,
    End,
    Newline,
    Identifier,
    Annotation,
    String,
    Number,
    Symbol,
}

/// <summary>One token: what it is, where it starts, and its text (of a string, what it says).</summary>
internal readonly record struct ScriptToken(ScriptTokenKind Kind, int At, string Text = "")
{
    public bool Is(string symbolOrWord) => Kind is ScriptTokenKind.Symbol or ScriptTokenKind.Identifier && Text == symbolOrWord;
}
