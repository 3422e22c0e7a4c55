using System.Text;

namespace Banyan.Godot.Text;

/// <summary>Quotes text as Godot does, with only such escapes as its parser takes back.</summary>
internal static class TextEscape
{
    /// <summary>A String: line breaks and tabs stand as they are.</summary>
    public static StringBuilder Multiline(this StringBuilder text, string value)
    {
        text.Append('"');
        foreach (char c in value)
        {
            if (c is '\\' or '"') text.Append('\\');
            text.Append(c);
        }

        return text.Append('"');
    }

    /// <summary>A StringName, a NodePath or an item of a PackedStringArray: on one line.</summary>
    public static StringBuilder OneLine(this StringBuilder text, string value)
    {
        text.Append('"');
        foreach (char c in value)
        {
            // Godot writes \a and \v as well, which its own parser then reads as letters.
            _ = c switch
            {
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\\' or '"' or '\'' => text.Append('\\').Append(c),
                _ => text.Append(c),
            };
        }

        return text.Append('"');
    }
}
