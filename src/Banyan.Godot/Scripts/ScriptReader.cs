using System.Collections.Immutable;
using System.Globalization;
using Banyan.Godot.Multiplayer;

namespace Banyan.Godot.Scripts;

/// <summary>One run over a script for <see cref="ScriptRpcs"/>: the members that begin at the left margin.</summary>
internal sealed class ScriptReader(string text, ScriptLimits limits)
{
    private const string RpcAnnotation = "@rpc";
    private const int ArgumentsMax = 4;
    private const int ChannelAt = 3;

    private readonly ScriptLexer _lexer = new(text);
    private readonly HashSet<string> _functions = [];
    private readonly Dictionary<string, ScriptToken> _constants = [];
    private readonly List<(string Name, Rpc Rpc)> _methods = [];
    private readonly List<Rpc> _waiting = [];
    private readonly List<string> _baseNames = [];
    private ScriptToken _token;
    private string? _className;
    private string? _basePath;
    private bool _extends;

    public ScriptError Error => _lexer.Error;

    /// <summary>An annotation: where it stands, and its arguments, which may be constants that come later.</summary>
    private sealed record Rpc(int At, List<ScriptToken> Arguments);

    private bool IsAtLineEnd => _token.Kind is ScriptTokenKind.Newline or ScriptTokenKind.End or ScriptTokenKind.Bad;

    private bool HasFailed => _token.Kind == ScriptTokenKind.Bad;

    public bool TryRead(out ScriptRpcs script)
    {
        script = new(null, null, [], []);
        if (text.Length > limits.CharactersMax)
        {
            _lexer.Fail(0, $"the script is longer than {limits.CharactersMax} characters");
            return false;
        }

        Advance();
        while (_token.Kind != ScriptTokenKind.End && !HasFailed)
        {
            if (_token.Kind == ScriptTokenKind.Newline) Advance();
            else if (_lexer.StartsLine(_token.At)) Members();
            else SkipLine();
        }

        if (_waiting.Count > 0) Fail(_waiting[0].At, "there is no function for this @rpc");
        ImmutableArray<RpcMethod>.Builder methods = ImmutableArray.CreateBuilder<RpcMethod>();
        foreach ((string name, Rpc rpc) in _methods)
        {
            if (HasFailed || !TryResolve(name, rpc, out RpcMethod method)) return false;
            methods.Add(method);
        }

        if (HasFailed) return false;
        script = new(_className, _basePath, [.. _baseNames], methods.DrainToImmutable());
        return true;
    }

    private void Advance() => _token = _lexer.Next();

    private void Fail(int at, string message)
    {
        _lexer.Fail(at, message);
        _token = _lexer.Next();
    }

    private void SkipLine()
    {
        while (!IsAtLineEnd) Advance();
    }

    private void SkipStatement()
    {
        while (!IsAtLineEnd && !_token.Is(";")) Advance();
    }

    /// <summary>What stands on one line at the margin: annotations, then a member, or several short ones.</summary>
    private void Members()
    {
        while (!IsAtLineEnd)
        {
            if (_token.Kind == ScriptTokenKind.Annotation)
            {
                Annotation();
                continue;
            }

            if (_token.Is("static")) Advance();
            if (_token.Is("func"))
            {
                Function();
                // Its body follows, on this line or indented.
                SkipLine();
                return;
            }

            if (_token.Kind == ScriptTokenKind.String || _token.Is(";") || _token.Is("pass"))
            {
                Advance();
                continue;
            }

            if (_waiting.Count > 0)
            {
                Fail(_waiting[0].At, "@rpc is for functions only");
                return;
            }

            if (_token.Is("class"))
            {
                SkipLine();
                return;
            }

            if (_token.Is("class_name")) Name();
            else if (_token.Is("extends")) Extends();
            else if (_token.Is("const")) Constant();
            SkipStatement();
        }
    }

    private void Annotation()
    {
        ScriptToken annotation = _token;
        Advance();
        if (annotation.Text == RpcAnnotation)
        {
            Rpc rpc = new(annotation.At, []);
            if (_token.Is("(")) RpcArguments(rpc);
            _waiting.Add(rpc);
            return;
        }

        if (!_token.Is("(")) return;
        int open = 0;
        do
        {
            if (_token.Kind == ScriptTokenKind.Symbol && _token.Text is "(" or "[" or "{") open++;
            if (_token.Kind == ScriptTokenKind.Symbol && _token.Text is ")" or "]" or "}") open--;
            Advance();
        }
        while (open > 0 && _token.Kind != ScriptTokenKind.End && !HasFailed);
    }

    private void RpcArguments(Rpc rpc)
    {
        Advance();
        while (!HasFailed && !_token.Is(")"))
        {
            ScriptToken argument = _token;
            if (argument.Is("-") || argument.Is("+"))
            {
                Advance();
                argument = _token with { Text = argument.Text + _token.Text };
            }

            if (argument.Kind is not (ScriptTokenKind.String or ScriptTokenKind.Number or ScriptTokenKind.Identifier))
            {
                Fail(argument.At, "an argument of @rpc must be a literal or a constant of this script");
                return;
            }

            rpc.Arguments.Add(argument);
            Advance();
            if (_token.Is(",")) Advance();
            else if (!_token.Is(")")) Fail(argument.At, "an argument of @rpc must be a literal or a constant of this script");
        }

        if (rpc.Arguments.Count > ArgumentsMax) Fail(rpc.At, $"@rpc takes at most {ArgumentsMax} arguments, not {rpc.Arguments.Count}");
        else Advance();
    }

    private void Function()
    {
        Advance();
        if (_token.Kind != ScriptTokenKind.Identifier)
        {
            Fail(_token.At, "a function must have a name");
            return;
        }

        string name = _token.Text;
        if (!_functions.Add(name))
        {
            Fail(_token.At, $"there is a function {name} already");
            return;
        }

        if (_waiting.Count > 1) Fail(_waiting[1].At, "a function can have one @rpc only");
        else if (_waiting.Count == 1 && _methods.Count == limits.MethodsMax) Fail(_waiting[0].At, $"more than {limits.MethodsMax} methods have @rpc");
        else if (_waiting.Count == 1) _methods.Add((name, _waiting[0]));
        _waiting.Clear();
    }

    private void Name()
    {
        int at = _token.At;
        Advance();
        if (_className is not null || _token.Kind != ScriptTokenKind.Identifier)
        {
            Fail(at, "class_name must stand once, with a name");
            return;
        }

        _className = _token.Text;
        Advance();
        if (_token.Is("extends")) Extends();
    }

    private void Extends()
    {
        int at = _token.At;
        Advance();
        bool hasPath = _token.Kind == ScriptTokenKind.String;
        if (_extends || !(hasPath || _token.Kind == ScriptTokenKind.Identifier))
        {
            Fail(at, "extends must stand once, with a path or a name");
            return;
        }

        _extends = true;
        if (hasPath) _basePath = _token.Text;
        else _baseNames.Add(_token.Text);
        Advance();
        while (_token.Is("."))
        {
            Advance();
            if (_token.Kind == ScriptTokenKind.Identifier) _baseNames.Add(_token.Text);
            else Fail(_token.At, "a name must follow");
            if (!HasFailed) Advance();
        }
    }

    /// <summary>Keeps <c>const NAME = literal</c>, with whatever type; of other constants nothing is kept.</summary>
    private void Constant()
    {
        Advance();
        string name = _token.Text;
        if (_token.Kind != ScriptTokenKind.Identifier) return;
        while (!IsAtLineEnd && !_token.Is("=")) Advance();
        if (IsAtLineEnd) return;
        Advance();
        ScriptToken value = _token;
        if (value.Is("-") || value.Is("+"))
        {
            Advance();
            value = _token with { Text = value.Text + _token.Text };
        }

        if (value.Kind is not (ScriptTokenKind.String or ScriptTokenKind.Number)) return;
        Advance();
        if (IsAtLineEnd || _token.Is(";")) _constants.TryAdd(name, value);
    }

    private bool TryResolve(string name, Rpc rpc, out RpcMethod method)
    {
        method = new(name);
        bool hasMode = false, hasLocality = false, hasTransfer = false;
        for (int i = 0; i < rpc.Arguments.Count; i++)
        {
            ScriptToken argument = rpc.Arguments[i];
            ScriptToken value = argument;
            if (value.Kind == ScriptTokenKind.Identifier && !_constants.TryGetValue(value.Text, out value))
                return Refuse(argument.At, $"{argument.Text} is no constant of this script with a literal for its value");
            if (i == ChannelAt)
            {
                if (value.Kind != ScriptTokenKind.Number || !TryChannel(value.Text, out int channel))
                    return Refuse(argument.At, "the fourth argument of @rpc is a number, the channel");
                method = method with { Channel = channel };
                continue;
            }

            bool twice;
            switch (value.Kind == ScriptTokenKind.String ? value.Text : "")
            {
                case "any_peer": method = method with { Mode = RpcMode.AnyPeer }; twice = Again(ref hasMode); break;
                case "authority": method = method with { Mode = RpcMode.Authority }; twice = Again(ref hasMode); break;
                case "call_local": method = method with { CallLocal = true }; twice = Again(ref hasLocality); break;
                case "call_remote": method = method with { CallLocal = false }; twice = Again(ref hasLocality); break;
                case "reliable": method = method with { Transfer = TransferMode.Reliable }; twice = Again(ref hasTransfer); break;
                case "unreliable": method = method with { Transfer = TransferMode.Unreliable }; twice = Again(ref hasTransfer); break;
                case "unreliable_ordered": method = method with { Transfer = TransferMode.UnreliableOrdered }; twice = Again(ref hasTransfer); break;
                default: return Refuse(argument.At, $"\"{value.Text}\" is no argument of @rpc");
            }

            if (twice) return Refuse(argument.At, $"\"{value.Text}\" says again what another argument says already");
        }

        return true;
    }

    private bool Refuse(int at, string message)
    {
        Fail(at, message);
        return false;
    }

    private static bool Again(ref bool seen)
    {
        bool again = seen;
        seen = true;
        return again;
    }

    /// <summary>A number as GDScript writes it, taken as Godot takes it for a channel: as 32 bits, without a fraction.</summary>
    private static bool TryChannel(string number, out int channel)
    {
        channel = 0;
        string digits = number.Replace("_", "").TrimStart('+');
        bool negative = digits.StartsWith('-');
        if (negative) digits = digits[1..];
        long value;
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            if (!long.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)) return false;
        }
        else if (digits.StartsWith("0b", StringComparison.OrdinalIgnoreCase))
        {
            if (!long.TryParse(digits.AsSpan(2), NumberStyles.AllowBinarySpecifier, CultureInfo.InvariantCulture, out value)) return false;
        }
        else if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value))
        {
            if (!double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) || !(real < 1L << 62)) return false;
            value = (long)real;
        }

        channel = unchecked((int)(negative ? -value : value));
        return true;
    }
}
