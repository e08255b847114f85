using System.Globalization;
using System.Text;

namespace Actions.Engine.Masking;

/// <summary>A decoded view of a text. Maps each decoded byte to its position in the text.</summary>
internal sealed class TextView
{
    private delegate int Decoder(ReadOnlySpan<byte> text, Span<byte> decoded, out int written);

    // The source position of each byte, and of the end.
    private readonly int[] _origins;

    private TextView(byte[] bytes, int[] origins)
    {
        Bytes = bytes;
        _origins = origins;
    }

    public byte[] Bytes { get; }

    /// <summary>
    /// The text itself, and decoded from the encodings in which APIs echo values: JSON, JSON in a JSON string, and
    /// HTML, each also with percent-encoding or form encoding inside.
    /// </summary>
    public static IEnumerable<TextView> Of(byte[] text)
    {
        var plain = new TextView(text, [.. Enumerable.Range(0, text.Length + 1)]);
        var json = plain.Decode("\\"u8, Json);
        foreach (var view in (TextView?[])[plain, json, json?.Decode("\\"u8, Json), plain.Decode("&"u8, Html)])
        {
            if (view is null)
                continue;
            yield return view;
            if (view.Decode("%"u8, Percent) is { } decoded)
                yield return decoded;
            if (view.Bytes.AsSpan().Contains((byte)'+') && view.Decode("+%"u8, Form) is { } form)
                yield return form;
        }
    }

    /// <summary>The position of a part in the source text.</summary>
    public (int Start, int End) Source(int first, int end) => (_origins[first], _origins[end]);

    /// <returns>Null: nothing to decode.</returns>
    private TextView? Decode(ReadOnlySpan<byte> marks, Decoder decode)
    {
        if (!Bytes.AsSpan().ContainsAny(marks))
            return null;
        var bytes = new byte[Bytes.Length];
        var origins = new int[Bytes.Length + 1];
        var length = 0;
        for (var at = 0; at < Bytes.Length;)
        {
            // Most of a text needs no decoding.
            var plain = Bytes.AsSpan(at).IndexOfAny(marks);
            plain = plain < 0 ? Bytes.Length - at : plain;
            Bytes.AsSpan(at, plain).CopyTo(bytes.AsSpan(length));
            _origins.AsSpan(at, plain).CopyTo(origins.AsSpan(length));
            (at, length) = (at + plain, length + plain);
            if (at == Bytes.Length)
                break;

            var read = decode(Bytes.AsSpan(at), bytes.AsSpan(length), out var written);
            if (read == 0)
                (read, written, bytes[length]) = (1, 1, Bytes[at]);
            origins.AsSpan(length, written).Fill(_origins[at]);
            (at, length) = (at + read, length + written);
        }

        origins[length] = _origins[^1];
        return new TextView(bytes[..length], origins[..(length + 1)]);
    }

    /// <summary>RFC 3986 section 2.1.</summary>
    private static int Percent(ReadOnlySpan<byte> text, Span<byte> decoded, out int written)
    {
        written = 1;
        return text is [(byte)'%', _, _, ..] && byte.TryParse(text.Slice(1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out decoded[0]) ? 3 : 0;
    }

    /// <summary>Percent-encoding, and a plus sign for a space.</summary>
    private static int Form(ReadOnlySpan<byte> text, Span<byte> decoded, out int written)
    {
        if (text[0] != (byte)'+')
            return Percent(text, decoded, out written);
        (decoded[0], written) = ((byte)' ', 1);
        return 1;
    }

    /// <summary>RFC 8259 section 7, and the quote, which RFC 9535 section 2.7 also escapes.</summary>
    private static int Json(ReadOnlySpan<byte> text, Span<byte> decoded, out int written)
    {
        written = 1;
        if (text is not [(byte)'\\', var escape, ..])
            return 0;
        var index = "\"\\/bfnrt'"u8.IndexOf(escape);
        if (index >= 0)
        {
            decoded[0] = "\"\\/\b\f\n\r\t'"u8[index];
            return 2;
        }

        if (Unit(text) is not { } unit)
            return 0;
        if (Rune.TryCreate(unit, out var rune))
            return Write(rune, 6, decoded, out written);
        return Unit(text[6..]) is { } low && Rune.TryCreate(unit, low, out rune) ? Write(rune, 12, decoded, out written) : 0;
    }

    private static char? Unit(ReadOnlySpan<byte> text) =>
        text is [(byte)'\\', (byte)'u', _, _, _, _, ..]
        && ushort.TryParse(text.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? (char)unit
            : null;

    /// <summary>The character references that escaping produces, WHATWG HTML section 13.1.4.</summary>
    private static int Html(ReadOnlySpan<byte> text, Span<byte> decoded, out int written)
    {
        written = 1;
        if (text[0] != (byte)'&' || text[..Math.Min(text.Length, 10)].IndexOf((byte)';') is not (> 1 and var end))
            return 0;
        var name = Encoding.ASCII.GetString(text[1..end]);
        var code = name switch
        {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            ['#', 'x' or 'X', .. var hex] => int.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) ? number : -1,
            ['#', .. var digits] => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1,
            _ => -1,
        };
        return Rune.TryCreate(code, out var rune) ? Write(rune, end + 1, decoded, out written) : 0;
    }

    // No escape is shorter than the UTF-8 of its character.
    private static int Write(Rune rune, int read, Span<byte> decoded, out int written)
    {
        written = rune.EncodeToUtf8(decoded);
        return read;
    }
}
