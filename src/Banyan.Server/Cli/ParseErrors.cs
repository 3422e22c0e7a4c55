using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Banyan.Server.Cli;

/// <summary>Says what an option expects, where the parser would name one of the runtime's types.</summary>
internal static partial class ParseErrors
{
    /// <summary>An error in the words of all other messages; null if the parser's own are good enough.</summary>
    public static string? Reword(ParseError error)
    {
        Match match = NotOfItsType().Match(error.Message);
        if (!match.Success) return null;
        string type = match.Groups["type"].Value;
        string expected = type.Contains("UInt", StringComparison.Ordinal) ? "a whole number, not negative"
            : type.Contains("Int", StringComparison.Ordinal) ? "a whole number"
            : type.Contains("Double", StringComparison.Ordinal) ? "a number"
            : type;
        return $"{match.Groups["option"].Value} {match.Groups["argument"].Value}: expected {expected}";
    }

    [GeneratedRegex("^Cannot parse argument '(?<argument>.*)' for option '(?<option>.*)' as expected type '(?<type>.*)'\\.")]
    private static partial Regex NotOfItsType();
}
