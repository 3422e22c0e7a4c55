using System.Globalization;
using System.Text;

namespace Banyan.Godot.Text;

/// <summary>Writes real numbers as Godot does: the shortest digits that read back as the same number.</summary>
/// <remarks>Source: rtos_fix in variant_parser.cpp; the layout of thirdparty/grisu2.</remarks>
internal static class RealText
{
    private const int FixedPointMax = 15;
    private const int FixedPointMin = -4;

    /// <summary>A number within a constructor: 1.0 is <c>1</c>, −0.0 is <c>0</c>.</summary>
    public static void Append(StringBuilder text, double value, VariantTextForm form)
    {
        if (double.IsNaN(value)) text.Append("nan");
        else if (double.IsPositiveInfinity(value)) text.Append("inf");
        else if (double.IsNegativeInfinity(value)) text.Append(form == VariantTextForm.Compatible ? "inf_neg" : "-inf");
        else if (value == 0) text.Append('0');
        // What is exactly a float32 gets the digits of one.
        else Layout(text, (float)value == value ? Shortest((float)value) : Shortest(value));
    }

    /// <summary>A Variant of type float: always distinct from an int.</summary>
    public static void AppendFloat(StringBuilder text, double value, VariantTextForm form)
    {
        int start = text.Length;
        Append(text, value, form);
        if (!double.IsFinite(value)) return;
        for (int i = start; i < text.Length; i++)
        {
            if (text[i] is '.' or 'e') return;
        }

        text.Append(".0");
    }

    private static string Shortest(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Shortest(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Lays the digits of a number out anew: in fixed point from 1e-4 up to 1e15, else with an exponent of two digits or more.</summary>
    private static void Layout(StringBuilder text, ReadOnlySpan<char> number)
    {
        if (number[0] == '-')
        {
            text.Append('-');
            number = number[1..];
        }

        int exponent = 0;
        int e = number.IndexOf('E');
        if (e >= 0)
        {
            exponent = int.Parse(number[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            number = number[..e];
        }

        int dot = number.IndexOf('.');
        int point = (dot < 0 ? number.Length : dot) + exponent;
        string digits = dot < 0 ? number.ToString() : string.Concat(number[..dot], number[(dot + 1)..]);
        int zeros = digits.Length - digits.AsSpan().TrimStart('0').Length;
        point -= zeros;
        digits = digits[zeros..].TrimEnd('0');

        if (digits.Length <= point && point <= FixedPointMax)
            text.Append(digits).Append('0', point - digits.Length);
        else if (point is > 0 and <= FixedPointMax)
            text.Append(digits, 0, point).Append('.').Append(digits, point, digits.Length - point);
        else if (point is > FixedPointMin and <= 0)
            text.Append("0.").Append('0', -point).Append(digits);
        else
        {
            text.Append(digits[0]);
            if (digits.Length > 1) text.Append('.').Append(digits, 1, digits.Length - 1);
            int power = point - 1;
            text.Append(power < 0 ? "e-" : "e+").Append(Math.Abs(power).ToString("00", CultureInfo.InvariantCulture));
        }
    }
}
