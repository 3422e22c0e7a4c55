using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Banyan.Primitives;

/// <summary>A statement that must be true in every run; always checked, in production too.</summary>
/// <remarks>A violated invariant is a bug: the host ends the process rather than go on with a wrong state.</remarks>
public static class Invariant
{
    /// <summary>Throws <see cref="InvariantViolation"/> when <paramref name="condition"/> is false.</summary>
    public static void Holds(
        [DoesNotReturnIf(false)] bool condition,
        [CallerArgumentExpression(nameof(condition))] string statement = "",
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0)
    {
        if (!condition) Violated(statement, file, line);
    }

    /// <summary>Marks a place that correct code never reaches.</summary>
    [DoesNotReturn]
    public static void Unreachable(
        string why, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Violated("unreachable: " + why, file, line);

    [DoesNotReturn]
    private static void Violated(string statement, string file, int line) =>
        throw new InvariantViolation($"{statement} ({Path.GetFileName(file)}:{line})");
}
