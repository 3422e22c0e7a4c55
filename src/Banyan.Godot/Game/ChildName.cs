namespace Banyan.Godot.Game;

/// <summary>Names that Godot gives to a child where its own is taken, or holds what a name may not.</summary>
/// <remarks>Source: _validate_child_name and _generate_serial_child_name of scene/main/node.cpp, with the project's default of no separator.</remarks>
internal static class ChildName
{
    private const string Reserved = ".:@/\"%";

    /// <summary>The name with an underscore for each reserved character.</summary>
    public static string Valid(string name) => name.AsSpan().IndexOfAny(Reserved) < 0 ? name : string.Concat(name.Select(c => Reserved.Contains(c) ? '_' : c));

    /// <summary>The first free one of <c>Name</c>, <c>Name2</c>, <c>Name3</c>…</summary>
    public static string Serial(string name, Func<string, bool> isTaken)
    {
        if (!isTaken(name)) return name;
        int digitsAt = name.Length;
        while (digitsAt > 0 && char.IsAsciiDigit(name[digitsAt - 1])) digitsAt--;
        string stem = name[..digitsAt];
        string digits = name[digitsAt..];
        while (true)
        {
            string attempt = stem + digits;
            if (!isTaken(attempt)) return attempt;
            digits = digits.Length == 0 ? "2" : Increase(digits);
        }
    }

    private static string Increase(string digits)
    {
        char[] result = digits.ToCharArray();
        for (int i = result.Length - 1; i >= 0; i--)
        {
            if (result[i] != '9')
            {
                result[i]++;
                return new(result);
            }

            result[i] = '0';
        }

        return "1" + new string(result);
    }
}
