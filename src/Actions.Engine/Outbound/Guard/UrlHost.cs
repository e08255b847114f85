using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Actions.Engine.Syntax;

namespace Actions.Engine.Outbound.Guard;

/// <summary>
/// A URL's host in the one form that is checked, resolved, dialled and sent. Every text that some resolver would parse
/// as an address is parsed as one here, in all spellings of <c>inet_aton</c> and the WHATWG URL standard (decimal,
/// octal, hexadecimal, short, fullwidth, with a trailing dot), and never looked up as a name.
/// </summary>
/// <param name="Text">The host as in a URL: ASCII in lower case, IPv6 in brackets.</param>
/// <param name="Address">Null: the host is a name.</param>
internal sealed record UrlHost(string Text, IPAddress? Address)
{
    // RFC 1035 section 2.3.4.
    private const int MaxNameLength = 253;
    private const int MaxLabelLength = 63;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    /// <summary>The name for comparisons, without the trailing dot of a fully qualified one.</summary>
    public string Name => Text.TrimEnd('.');

    /// <summary>RFC 6761 section 6.3: localhost and all names below it mean this machine.</summary>
    public bool IsLocalhost =>
        Address is null && (Name == "localhost" || Name.EndsWith(".localhost", StringComparison.Ordinal));

    /// <param name="text">The host, with or without the brackets of IPv6.</param>
    /// <exception cref="SyntaxException">The text is neither an address nor a name; the message gives the
    /// reason.</exception>
    public static UrlHost Parse(string text)
    {
        if (text.StartsWith('[') != text.EndsWith(']'))
            throw new SyntaxException("has an unbalanced bracket");
        if (text.Contains(':', StringComparison.Ordinal) || text.StartsWith('['))
            return ParseIPv6(text.StartsWith('[') ? text[1..^1] : text);

        var name = ToAscii(text);
        CheckName(name);
        if (!EndsInNumber(name))
            return new UrlHost(name, null);
        var address = ParseIPv4(name) ?? throw new SyntaxException("ends like an IPv4 address but isn't one");
        return new UrlHost(address.ToString(), address);
    }

    private static UrlHost ParseIPv6(string text)
    {
        if (text.Contains('%', StringComparison.Ordinal))
            throw new SyntaxException("must not contain an IPv6 zone, which is valid on one machine only");
        // The parser would also accept a prefix length, among others.
        return text.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.')
            && IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6
            ? new UrlHost($"[{address}]", address)
            : throw new SyntaxException("isn't an IPv6 address");
    }

    private static string ToAscii(string text)
    {
        // Most are written so. The host of each request is parsed, and this leaves it as it is.
        if (!text.AsSpan().ContainsAnyExcept(NameCharacters))
            return text;
        var folded = string.Create(text.Length, text, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = source[i] switch
                {
                    // Fullwidth forms, and the dots of RFC 3490 section 3.1.
                    >= '\uff01' and <= '\uff5e' and var c => (char)(c - 0xfee0),
                    '\u3002' or '\uff61' => '.',
                    var c => c,
                };
        }).ToLowerInvariant();
        if (folded.All(char.IsAscii))
            return folded;
        if (folded.EnumerateRunes().Any(rune => !rune.IsAscii && !IsLetterOfNames(rune)))
            throw new SyntaxException("has characters that aren't allowed in a host name, or variants of allowed ones");
        try
        {
            // RFC 3492, without the mapping of RFC 5895: characters that need the mapping were refused above.
            return new IdnMapping { AllowUnassigned = false, UseStd3AsciiRules = false }.GetAscii(folded);
        }
        catch (ArgumentException)
        {
            throw new SyntaxException("isn't a valid host name");
        }
    }

    /// <summary>
    /// Letters, marks and digits, except the blocks of compatibility forms that a browser would replace (ﬁ, ℂ, 𝟏).
    /// </summary>
    private static bool IsLetterOfNames(System.Text.Rune rune) =>
        System.Text.Rune.GetUnicodeCategory(rune) is UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            or UnicodeCategory.DecimalDigitNumber
        && rune.Value is not (0xaa or 0xba or (>= 0x2100 and <= 0x218f) or (>= 0x3300 and <= 0x33ff)
            or (>= 0xf900 and <= 0xfdff) or (>= 0xfe00 and <= 0xfe0f) or (>= 0xfe30 and <= 0xffef) or (>= 0x1d400 and <= 0x1d7ff)
            or (>= 0x2f800 and <= 0x2fa1f));

    private static void CheckName(string name)
    {
        if (name.AsSpan().ContainsAnyExcept(NameCharacters))
            throw new SyntaxException("must contain letters, digits, hyphens and dots only");
        var labels = WithoutLastDot(name);
        var isValid = name.Length <= MaxNameLength + 1;
        foreach (var label in labels.Split('.'))
            isValid &= labels[label].Length is > 0 and <= MaxLabelLength;
        if (!isValid)
            throw new SyntaxException($"must consist of labels of 1 to {MaxLabelLength} characters, {MaxNameLength} characters in total");
    }

    private static ReadOnlySpan<char> WithoutLastDot(string name) => name.EndsWith('.') ? name.AsSpan(..^1) : name;

    /// <summary>The WHATWG URL standard's "ends in a number". No top-level domain does.</summary>
    private static bool EndsInNumber(string name)
    {
        var last = name.AsSpan().TrimEnd('.');
        last = last[(last.LastIndexOf('.') + 1)..];
        return !last.ContainsAnyExceptInRange('0', '9') || (last is ['0', 'x', .. var hex] && IsHex(hex));
    }

    private static bool IsHex(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiHexDigit(c))
                return false;
        }

        return true;
    }

    private static IPAddress? ParseIPv4(string name)
    {
        var text = WithoutLastDot(name);
        // The fifth would hold all that follows the fourth.
        Span<Range> parts = stackalloc Range[5];
        var count = text.Split(parts, '.');
        if (count > 4)
            return null;
        uint address = 0;
        for (var i = 0; i < count; i++)
        {
            // The last number fills the remaining bytes.
            var limit = i < count - 1 ? 256 : 1L << (8 * (5 - count));
            if (ParseNumber(text[parts[i]]) is not { } number || number >= limit)
                return null;
            address |= i < count - 1 ? (uint)number << (8 * (3 - i)) : (uint)number;
        }

        return new IPAddress([(byte)(address >> 24), (byte)(address >> 16), (byte)(address >> 8), (byte)address]);
    }

    /// <returns>The number; null if the text isn't one or exceeds 32 bits.</returns>
    private static long? ParseNumber(ReadOnlySpan<char> text)
    {
        var radix = text is ['0', 'x', ..] ? 16 : text is ['0', _, ..] ? 8 : 10;
        long value = 0;
        foreach (var c in text[(radix == 16 ? 2 : radix == 8 ? 1 : 0)..])
        {
            if (!int.TryParse([c], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var digit)
                || digit >= radix)
                return null;
            value = (value * radix) + digit;
            if (value > uint.MaxValue)
                return null;
        }

        return value;
    }
}
