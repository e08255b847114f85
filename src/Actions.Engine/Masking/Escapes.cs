using System.Globalization;
using System.Net;
using System.Text;

namespace Actions.Engine.Masking;

/// <summary>The encodings in which APIs repeat what they were sent.</summary>
internal static class Escapes
{
    // The longest name of the HTML standard, &CounterClockwiseContourIntegral;
    private const int LongestReference = 33;

    /// <summary>RFC 3986 section 2.1.</summary>
    public static int Percent(ReadOnlySpan<byte> text, Span<byte> decoded, out int written)
    {
        written = 1;
        if (text.Length < 3)
            return text.Length == 1 || char.IsAsciiHexDigit((char)text[1]) ? -1 : 0;
        if (!TryHex(text.Slice(1, 2), out var code))
            return 0;
        decoded[0] = (byte)code;
        return 3;
    }

    /// <summary>Percent-encoding, and a plus sign for a space.</summary>
    public static int Form(ReadOnlySpan<byte> text, Span<byte> decoded, out int written)
    {
        if (text[0] != (byte)'+')
            return Percent(text, decoded, out written);
        (decoded[0], written) = ((byte)' ', 1);
        return 1;
    }

    /// <summary>RFC 8259 section 7, and the quote, which RFC 9535 section 2.7 also escapes.</summary>
    public static int Json(ReadOnlySpan<byte> text, Span<byte> decoded, out int written)
    {
        written = 1;
        if (text.Length == 1)
            return -1;
        var index = "\"\\/bfnrt'"u8.IndexOf(text[1]);
        if (index >= 0)
        {
            decoded[0] = "\"\\/\b\f\n\r\t'"u8[index];
            return 2;
        }

        if (Unit(text, out var unit) is not 1 and var broken)
            return broken;
        if (Rune.TryCreate(unit, out var rune))
            return Write(rune, 6, decoded, out written);
        return Unit(text[6..], out var low) switch
        {
            1 => Rune.TryCreate(unit, low, out rune) ? Write(rune, 12, decoded, out written) : 0,
            var other => text.Length == 6 ? -1 : other,
        };
    }

    /// <summary>Character references, WHATWG HTML section 13.1.4.</summary>
    public static int Html(ReadOnlySpan<byte> text, Span<byte> decoded, out int written)
    {
        written = 1;
        var end = text[..Math.Min(text.Length, LongestReference + 1)].IndexOf((byte)';');
        if (end < 0)
            return text.Length <= LongestReference && IsReference(text[1..]) ? -1 : 0;
        if (end < 2 || !IsReference(text[1..end]))
            return 0;
        var name = Encoding.ASCII.GetString(text[1..end]);
        var code = name switch
        {
            ['#', 'x' or 'X', ..] => TryHex(text[3..end], out var number) ? number : -1,
            ['#', .. var digits] =>
                int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1,
            _ => Named(name),
        };
        return Rune.TryCreate(code, out var rune) ? Write(rune, end + 1, decoded, out written) : 0;
    }

    /// <summary>RFC 4648 sections 4 and 5.</summary>
    public static int Base64Digit(byte c) => c switch
    {
        >= (byte)'A' and <= (byte)'Z' => c - 'A',
        >= (byte)'a' and <= (byte)'z' => c - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => c - '0' + 52,
        (byte)'+' or (byte)'-' => 62,
        (byte)'/' or (byte)'_' => 63,
        _ => -1,
    };

    public static int HexDigit(byte c) => c switch
    {
        >= (byte)'0' and <= (byte)'9' => c - '0',
        >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
        _ => -1,
    };

    /// <summary>The ASCII characters by the names of HTML 5, the others by those of HTML 4.</summary>
    private static int Named(string name) => name switch
    {
        "apos" => '\'',
        "excl" => '!',
        "num" => '#',
        "dollar" => '$',
        "percnt" => '%',
        "lpar" => '(',
        "rpar" => ')',
        "ast" or "midast" => '*',
        "plus" => '+',
        "comma" => ',',
        "period" => '.',
        "sol" => '/',
        "colon" => ':',
        "semi" => ';',
        "equals" => '=',
        "quest" => '?',
        "commat" => '@',
        "lsqb" or "lbrack" => '[',
        "bsol" => '\\',
        "rsqb" or "rbrack" => ']',
        "Hat" => '^',
        "lowbar" or "UnderBar" => '_',
        "grave" or "DiacriticalGrave" => '`',
        "lcub" or "lbrace" => '{',
        "verbar" or "vert" or "VerticalLine" => '|',
        "rcub" or "rbrace" => '}',
        "Tab" => '\t',
        "NewLine" => '\n',
        _ => WebUtility.HtmlDecode($"&{name};") is [var only] ? only : -1,
    };

    private static bool IsReference(ReadOnlySpan<byte> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit((char)c) && c != (byte)'#')
                return false;
        }

        return true;
    }

    /// <returns>1: there is a unit; 0: there is none; -1: the text ends inside of what may be one.</returns>
    private static int Unit(ReadOnlySpan<byte> text, out char unit)
    {
        unit = default;
        if (text.Length < 6)
        {
            ReadOnlySpan<byte> begin = "\\u"u8;
            if (!text.StartsWith(begin[..Math.Min(text.Length, 2)]))
                return 0;
            foreach (var c in text[Math.Min(text.Length, 2)..])
            {
                if (!char.IsAsciiHexDigit((char)c))
                    return 0;
            }

            return -1;
        }

        if (!text.StartsWith("\\u"u8) || !TryHex(text.Slice(2, 4), out var number))
            return 0;
        unit = (char)number;
        return 1;
    }

    private static bool TryHex(ReadOnlySpan<byte> digits, out int number) =>
        int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);

    // No escape is shorter than the UTF-8 of its character.
    private static int Write(Rune rune, int read, Span<byte> decoded, out int written)
    {
        written = rune.EncodeToUtf8(decoded);
        return read;
    }
}
