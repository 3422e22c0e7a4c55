using System.Globalization;
using System.Text;
using Banyan.Godot.Variants;

namespace Banyan.Godot.Text;

internal enum TokenKind
{
    Bad,
    End,
    CurlyOpen,
    CurlyClose,
    BracketOpen,
    BracketClose,
    ParenthesisOpen,
    ParenthesisClose,
    Identifier,
    String,
    StringName,
    Number,
    Color,
    Colon,
    Comma,
    Period,
    Equal,
}

/// <summary>One token: where it starts, and the text of an identifier, a number or a string (unquoted).</summary>
internal readonly record struct Token(TokenKind Kind, int At, string Text = "");

/// <summary>Cuts a text into the tokens of Godot's text form. The first error stays, and from then on all tokens are bad.</summary>
internal sealed class VariantLexer(string text)
{
    private int _at;
    private int _lineAt;
    private int _line = 1;
    private bool _failed;

    public VariantTextError Error { get; private set; }

    public bool Failed => _failed;

    /// <summary>Where the next character is read.</summary>
    public int At => _at;

    /// <summary>Keeps the first error.</summary>
    public void Fail(int at, string message)
    {
        if (_failed) return;
        _failed = true;
        int start = at == 0 ? 0 : text.LastIndexOf('\n', Math.Min(at, text.Length) - 1) + 1;
        Error = new VariantTextError(text.AsSpan(0, Math.Min(at, text.Length)).Count('\n') + 1, at - start + 1, message);
    }

    /// <summary>The line of a place, from 1. Cheap as long as the places come in order.</summary>
    public int LineOf(int at)
    {
        if (at < _lineAt) (_lineAt, _line) = (0, 1);
        _line += text.AsSpan(_lineAt, at - _lineAt).Count('\n');
        _lineAt = at;
        return _line;
    }

    /// <summary>
    /// What a file has between values: a property's name up to its equal sign, a tag's opening bracket (name null), or
    /// the end. False at the end or on an error.
    /// </summary>
    public bool TryNameOrTag(out string? name, out int at)
    {
        name = null;
        at = _at;
        StringBuilder what = new();
        while (!_failed)
        {
            SkipBlank();
            if (_at >= text.Length)
            {
                if (what.Length > 0) Fail(at, $"'{what}' has no value");
                return false;
            }

            if (what.Length == 0) at = _at;
            char c = text[_at];
            switch (c)
            {
                case '[' when what.Length == 0:
                    _at++;
                    return true;
                case '=':
                    _at++;
                    name = what.ToString();
                    if (name.Length > 0) return true;
                    Fail(at, "a property has no name");
                    return false;
                case '"':
                    Token quoted = Next();
                    what.Clear().Append(quoted.Text);
                    break;
                case '\0':
                    Fail(_at, "a zero character");
                    return false;
                default:
                    // Blanks within a name are dropped, as Godot does.
                    what.Append(c);
                    _at++;
                    break;
            }
        }

        return false;
    }

    public Token Next()
    {
        if (_failed) return default;
        SkipBlank();
        int start = _at;
        if (_at >= text.Length) return new Token(TokenKind.End, start);
        char c = text[_at++];
        switch (c)
        {
            case '{': return new Token(TokenKind.CurlyOpen, start);
            case '}': return new Token(TokenKind.CurlyClose, start);
            case '[': return new Token(TokenKind.BracketOpen, start);
            case ']': return new Token(TokenKind.BracketClose, start);
            case '(': return new Token(TokenKind.ParenthesisOpen, start);
            case ')': return new Token(TokenKind.ParenthesisClose, start);
            case ':': return new Token(TokenKind.Colon, start);
            case ',': return new Token(TokenKind.Comma, start);
            case '.': return new Token(TokenKind.Period, start);
            case '=': return new Token(TokenKind.Equal, start);
            case '"': return Quoted(TokenKind.String, start);
            case '#':
                while (char.IsAsciiHexDigit(Peek)) _at++;
                return new Token(TokenKind.Color, start, text[start.._at]);
            case '&' or '@':
                if (Peek != '"') return Bad(start, $"expected '\"' after '{c}'");
                _at++;
                return Quoted(TokenKind.StringName, start);
        }

        bool negative = c == '-';
        char first = negative ? Peek : c;
        if (char.IsAsciiDigit(first)) return Number(start);
        if (IsIdentifierStart(first))
        {
            while (IsIdentifierStart(Peek) || char.IsAsciiDigit(Peek)) _at++;
            return new Token(TokenKind.Identifier, start, text[start.._at]);
        }

        return Bad(start, $"unexpected character '{c}'");
    }

    /// <summary>Whether Godot takes this text for one identifier.</summary>
    public static bool IsIdentifier(string name)
    {
        if (name.Length == 0 || !IsIdentifierStart(name[0])) return false;
        foreach (char c in name)
        {
            if (!IsIdentifierStart(c) && !char.IsAsciiDigit(c)) return false;
        }

        return true;
    }

    private static bool IsIdentifierStart(char c) => char.IsAsciiLetter(c) || c == '_';

    private char Peek => _at < text.Length ? text[_at] : '\0';

    private Token Bad(int at, string message)
    {
        Fail(at, message);
        return new Token(TokenKind.Bad, at);
    }

    private void SkipBlank()
    {
        while (_at < text.Length)
        {
            char c = text[_at];
            if (c == ';')
            {
                int end = text.IndexOf('\n', _at);
                _at = end < 0 ? text.Length : end;
            }
            else if (c is > ' ' or '\0' && c != '\uFEFF') return;
            else _at++;
        }
    }

    private Token Number(int start)
    {
        while (char.IsAsciiDigit(Peek)) _at++;
        if (Peek == '.')
        {
            _at++;
            while (char.IsAsciiDigit(Peek)) _at++;
        }

        if (Peek is 'e' or 'E')
        {
            _at++;
            if (Peek is '-' or '+') _at++;
            while (char.IsAsciiDigit(Peek)) _at++;
        }

        return new Token(TokenKind.Number, start, text[start.._at]);
    }

    private Token Quoted(TokenKind kind, int start)
    {
        // The usual string has no escapes and is one slice.
        int stop = text.AsSpan(_at).IndexOfAny('"', '\\', '\0');
        if (stop >= 0 && text[_at + stop] == '"')
        {
            Token plain = new(kind, start, text.Substring(_at, stop));
            _at += stop + 1;
            return plain;
        }

        StringBuilder value = new();
        while (_at < text.Length)
        {
            char c = text[_at++];
            switch (c)
            {
                case '"':
                    string whole = value.ToString();
                    return HasPairedSurrogates(whole) ? new Token(kind, start, whole) : Bad(start, "a surrogate without its pair in a string");
                case '\0':
                    return Bad(_at - 1, "a zero character in a string");
                case '\\':
                    if (!TryEscape(value)) return Bad(_at, "a malformed escape in a string");
                    break;
                default:
                    value.Append(c);
                    break;
            }
        }

        return Bad(start, "a string without an end");
    }

    private bool TryEscape(StringBuilder value)
    {
        if (_at >= text.Length) return false;
        char c = text[_at++];
        switch (c)
        {
            case 'b': value.Append('\b'); return true;
            case 't': value.Append('\t'); return true;
            case 'n': value.Append('\n'); return true;
            case 'f': value.Append('\f'); return true;
            case 'r': value.Append('\r'); return true;
            case 'u' or 'U':
                int digits = c == 'u' ? 4 : 6;
                if (text.Length - _at < digits) return false;
                if (!uint.TryParse(text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint code)) return false;
                _at += digits;
                if (code is 0 or > 0x10FFFF) return false;
                if (code <= char.MaxValue) value.Append((char)code);
                else value.Append(char.ConvertFromUtf32((int)code));
                return true;
            default:
                value.Append(c);
                return c != '\0';
        }
    }

    private static bool HasPairedSurrogates(string value)
    {
        for (int i = 0; i < value.Length; i++)
        {
            if (!char.IsSurrogate(value[i])) continue;
            if (!char.IsHighSurrogate(value[i]) || i + 1 == value.Length || !char.IsLowSurrogate(value[i + 1])) return false;
            i++;
        }

        return true;
    }
}
