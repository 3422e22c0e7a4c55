using System.Text;

namespace Banyan.Godot.Scripts;

/// <summary>Cuts a GDScript text into tokens. The first error stays, and from then on all tokens are bad.</summary>
/// <remarks>
/// Only as much as tells members of the script from what stands inside of them: newlines count where no bracket is open
/// and no backslash stands before them; comments and blank lines are passed over. Source: gdscript_tokenizer.cpp.
/// </remarks>
internal sealed class ScriptLexer(string text)
{
    private int _at = text.StartsWith('\uFEFF') ? 1 : 0;
    private int _open;
    private bool _failed;

    public ScriptError Error { get; private set; }

    /// <summary>Keeps the first error.</summary>
    public void Fail(int at, string message)
    {
        if (_failed) return;
        _failed = true;
        int start = at == 0 ? 0 : text.LastIndexOf('\n', at - 1) + 1;
        Error = new(text.AsSpan(0, at).Count('\n') + 1, at - start + 1, message);
    }

    /// <summary>Whether a place is the first of its line: where members of the script begin.</summary>
    public bool StartsLine(int at) => at == 0 || text[at - 1] is '\n' or '\uFEFF';

    /// <summary>The next token; after the end or an error always the same.</summary>
    public ScriptToken Next()
    {
        SkipSpace();
        if (_failed) return new(ScriptTokenKind.Bad, _at);
        if (_at == text.Length)
        {
            if (_open == 0) return new(ScriptTokenKind.End, _at);
            return Bad(_at, "a bracket is open at the end");
        }

        int at = _at;
        char c = text[at];
        if (c == '\n') return Take(ScriptTokenKind.Newline, 1);
        if (c is '"' or '\'') return String(at);
        if ((c is 'r' or '&' or '^') && Peek(1) is '"' or '\'')
        {
            _at++;
            return String(at);
        }

        if (IsWordStart(c)) return Take(ScriptTokenKind.Identifier, WordLength(at));
        if (c == '@') return Take(ScriptTokenKind.Annotation, 1 + WordLength(at + 1));
        if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(Peek(1)))) return Take(ScriptTokenKind.Number, NumberLength(at));
        if (c is '(' or '[' or '{') _open++;
        if (c is ')' or ']' or '}' && --_open < 0) return Bad(at, $"nothing is open that this {c} could close");
        return Take(ScriptTokenKind.Symbol, 1);
    }

    private char Peek(int ahead) => _at + ahead < text.Length ? text[_at + ahead] : '\0';

    private static bool IsWordStart(char c) => c == '_' || char.IsLetter(c) || char.IsSurrogate(c);

    private static bool IsWordPart(char c) => IsWordStart(c) || char.IsDigit(c) || char.GetUnicodeCategory(c) is
        System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark;

    private int WordLength(int at)
    {
        int end = at;
        while (end < text.Length && IsWordPart(text[end])) end++;
        return end - at;
    }

    private int NumberLength(int at)
    {
        int end = at;
        while (end < text.Length && (IsWordPart(text[end]) || text[end] == '.' ||
               (text[end] is '+' or '-' && text[end - 1] is 'e' or 'E' && !text.AsSpan(at).StartsWith("0x", StringComparison.OrdinalIgnoreCase)))) end++;
        return end - at;
    }

    private void SkipSpace()
    {
        while (_at < text.Length && !_failed)
        {
            char c = text[_at];
            if (c is ' ' or '\t' or '\r' || (c == '\n' && _open > 0))
            {
                _at++;
            }
            else if (c == '#')
            {
                int newline = text.IndexOf('\n', _at);
                _at = newline < 0 ? text.Length : newline;
            }
            else if (c == '\\')
            {
                int after = Peek(1) == '\r' ? 2 : 1;
                if (Peek(after) != '\n') Fail(_at, "a backslash that is not at the end of its line");
                _at += after + 1;
            }
            else
            {
                return;
            }
        }

        _at = Math.Min(_at, text.Length);
    }

    private ScriptToken Take(ScriptTokenKind kind, int length)
    {
        int at = _at;
        _at += length;
        return new(kind, at, text.Substring(at, length));
    }

    private ScriptToken Bad(int at, string message)
    {
        Fail(at, message);
        return new(ScriptTokenKind.Bad, at);
    }

    /// <summary>A string whose opening quote is next; it may go over lines.</summary>
    private ScriptToken String(int start)
    {
        char quote = text[_at];
        bool isTriple = Peek(1) == quote && Peek(2) == quote;
        _at += isTriple ? 3 : 1;
        StringBuilder says = new();
        while (_at < text.Length)
        {
            char c = text[_at];
            if (c == '\\')
            {
                // What is escaped does not end the string. Names and modes need no escapes, so they stand as they are.
                says.Append(text.AsSpan(_at, Math.Min(2, text.Length - _at)));
                _at += 2;
            }
            else if (c == quote && (!isTriple || (Peek(1) == quote && Peek(2) == quote)))
            {
                _at += isTriple ? 3 : 1;
                return new(ScriptTokenKind.String, start, says.ToString());
            }
            else
            {
                says.Append(c);
                _at++;
            }
        }

        _at = text.Length;
        return Bad(start, "a string is open at the end");
    }
}
