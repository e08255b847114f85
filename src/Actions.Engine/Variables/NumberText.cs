using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>Numbers as decimal digits.</summary>
internal static partial class NumberText
{
    /// <summary>Characters of <see cref="Of"/>: a sign, "0.000000" or an exponent, and the 17 digits that a double has;
    /// and longer than a word such as "false".</summary>
    public const int MaxLength = 32;

    // Every integer below is a double of its own (2^53). A double from here on may stand for another number that was
    // written.
    private const double FirstInexactInteger = 9_007_199_254_740_992;

    // Decimal exponents between which JavaScript writes no exponent.
    private const int MaxPlainDigits = 21;
    private const int MaxLeadingZeros = 6;

    /// <summary>Whether its digits may not be those that were written.</summary>
    public static bool MayHaveLostDigits(double number) => Math.Abs(number) >= FirstInexactInteger;

    /// <summary>
    /// The shortest digits that give the same double, with an exponent only from 1e21 and below 1e-6. ECMA-262 section
    /// 6.1.6.1.20: other programs write a JSON number in the same way.
    /// </summary>
    public static string Of(double number)
    {
        if (Math.Floor(number) == number && !MayHaveLostDigits(number))
            return ((long)number).ToString(CultureInfo.InvariantCulture);
        var (negative, digits, exponent) = Normalize(number.ToString("R", CultureInfo.InvariantCulture));
        var point = digits.Length + exponent;
        var text = new StringBuilder(negative ? "-" : "");
        if (point is > 0 and <= MaxPlainDigits && exponent >= 0)
            text.Append(digits).Append('0', (int)exponent);
        else if (point is > 0 and <= MaxPlainDigits)
            text.Append(digits).Insert(text.Length + (int)exponent, '.');
        else if (point is > -MaxLeadingZeros and <= 0)
            text.Append("0.").Append('0', (int)-point).Append(digits);
        else
            text.Append(digits[0]).Append(digits.Length == 1 ? "" : ".").Append(digits.AsSpan(1))
                .Append(CultureInfo.InvariantCulture, $"e{(point > 0 ? "+" : "")}{point - 1}");
        return text.ToString();
    }

    /// <summary>
    /// A number that a person or a model wrote, in JSON's notation: without a plus sign and needless zeros before it,
    /// with a digit before the point. All other digits stay.
    /// </summary>
    /// <returns>Null: it isn't a number. Separators of thousands aren't known: 1,000 may mean one.</returns>
    public static string? Read(string text)
    {
        if (NumberPattern().Match(text.Trim()) is not { Success: true } match)
            return null;
        var fraction = match.Groups["fraction"].Value;
        var point = fraction.Length == 0 ? "" : ".";
        return $"{Sign(match)}{WholePart(match)}{point}{fraction}{match.Groups["exponent"].Value}";
    }

    /// <summary>As <see cref="Read"/>, for an integer. One or two zeros may follow a point.</summary>
    /// <returns>Null: it isn't an integer. Three zeros may mean a thousand: 1.000.</returns>
    public static string? ReadInteger(string text)
    {
        if (IntegerPattern().Match(text.Trim()) is not { Success: true } match)
            return null;
        var whole = WholePart(match);
        return whole == "0" ? whole : Sign(match) + whole;
    }

    /// <summary>Sign, digits without zeros at either end, and the power of ten of the last digit. Equal for equal
    /// numbers.</summary>
    public static (bool Negative, string Digits, long Exponent) Normalize(string number)
    {
        var e = number.AsSpan().IndexOfAny('e', 'E');
        var mantissa = e < 0 ? number : number[..e];
        var exponent = e < 0 ? 0 : Exponent(number.AsSpan(e + 1));
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        if (point >= 0)
            exponent -= mantissa.Length - point - 1;

        var digits = mantissa.Replace(".", "", StringComparison.Ordinal).TrimStart('-').TrimStart('0');
        var trimmed = digits.TrimEnd('0');
        return trimmed.Length == 0
            ? (false, "", 0)
            : (mantissa[0] == '-', trimmed, exponent + digits.Length - trimmed.Length);
    }

    /// <summary>Equal for equal numbers: a number if a double holds it exactly as it was written, else its digits as a
    /// text.</summary>
    /// <param name="number">In JSON's notation.</param>
    public static Value ToValue(string number)
    {
        var written = Normalize(number);
        var nearest = double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(nearest) && Normalize(Of(nearest)) == written
            ? Value.ForNumber(nearest)
            : Value.ForString($"{(written.Negative ? "-" : "")}{written.Digits}e{written.Exponent}");
    }

    private static long Exponent(ReadOnlySpan<char> digits)
    {
        if (long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent))
            return exponent;
        // Too long even for a long: as far away.
        return digits[0] == '-' ? long.MinValue / 2 : long.MaxValue / 2;
    }

    private static string Sign(Match match) => match.Groups["sign"].Value == "-" ? "-" : "";

    private static string WholePart(Match match) =>
        match.Groups["whole"].Value.TrimStart('0') is { Length: > 0 } digits ? digits : "0";

    [GeneratedRegex(
        @"^(?<sign>[+-]?)(?:(?<whole>[0-9]+)(?:\.(?<fraction>[0-9]*))?|\.(?<fraction>[0-9]+))"
        + @"(?<exponent>(?:[eE][+-]?[0-9]+)?)\z")]
    private static partial Regex NumberPattern();

    [GeneratedRegex(@"^(?<sign>[+-]?)(?<whole>[0-9]+)(?:\.0{1,2})?\z")]
    private static partial Regex IntegerPattern();
}
