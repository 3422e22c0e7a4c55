using System.Text;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Text;

/// <summary>What was wrong with a text, and where.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in UTF-16 units.</param>
/// <param name="Message">A sentence without its full stop.</param>
public readonly record struct VariantTextError(int Line, int Column, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Line}:{Column}: {Message}";
}

/// <summary>
/// Says what an <c>ExtResource</c>, <c>SubResource</c> (a <see cref="SectionRef"/>) or <c>Resource</c> (a
/// <see cref="ResourceRef"/>) in a text stands for. False if there is no such thing: then the text is in error.
/// </summary>
public delegate bool ResourceResolver(ObjectRef reference, out ObjectRef? resolved);

/// <summary>Which of the two dialects is written; both are read.</summary>
public enum VariantTextForm
{
    /// <summary>That of format 3 files and of <c>var_to_str</c>: bytes as numbers, <c>inf_neg</c>.</summary>
    Compatible,

    /// <summary>That of format 4 files: bytes in base64, <c>-inf</c>.</summary>
    Newest,
}

/// <summary>Godot's text form of a value, as it stands in <c>.tscn</c> and <c>.tres</c> files.</summary>
/// <remarks>
/// Source: core/variant/variant_parser.cpp. Keys of a dictionary are written in Godot's order. What is written reads
/// back as an equal value, except where Godot's own text loses something: a Signal's content, a null object (null), and
/// a float that is exactly a float32, which gets the few digits that tell it from other float32 values.
/// </remarks>
public static class VariantText
{
    /// <summary>The text of a value.</summary>
    public static string Write(Variant value, VariantTextForm form = VariantTextForm.Compatible)
    {
        StringBuilder text = new();
        Write(text, value, form);
        return text.ToString();
    }

    /// <summary>Appends the text of a value.</summary>
    public static void Write(StringBuilder text, Variant value, VariantTextForm form = VariantTextForm.Compatible) =>
        new VariantTextWriter(text, form).Write(value);

    /// <summary>Reads a text that is one value and nothing else, however hostile; without a resolver references stay as they are.</summary>
    public static bool TryParse(string text, ResourceResolver? resolver, out Variant value, out VariantTextError error) =>
        TryParse(text, resolver, VariantLimits.Peer, out value, out error);

    /// <summary>As the other, within other limits.</summary>
    public static bool TryParse(
        string text, ResourceResolver? resolver, VariantLimits limits, out Variant value, out VariantTextError error)
    {
        VariantLexer lexer = new(text);
        VariantTextParser parser = new(lexer, resolver, limits);
        error = default;
        if (parser.TryValue(out value))
        {
            Token rest = lexer.Next();
            if (rest.Kind == TokenKind.End) return true;
            lexer.Fail(rest.At, "text after the value");
        }

        value = default;
        error = lexer.Error;
        return false;
    }
}
