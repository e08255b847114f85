using System.Globalization;

namespace Actions.Engine.Decoding;

/// <summary>JSON in UTF-8, with what some APIs add to it or cut from it.</summary>
internal static class JsonBytes
{
    /// <summary>The document behind the prefix <c>)]}'</c>, which some APIs send so that no script can include the
    /// response.</summary>
    public static ReadOnlyMemory<byte> WithoutPrefix(ReadOnlyMemory<byte> json)
    {
        if (!json.Span.StartsWith(")]}'"u8))
            return json;
        var line = json.Span.IndexOf((byte)'\n');
        return json[(line < 0 ? 4 : line + 1)..];
    }

    /// <summary>
    /// Replaces each escape of half a surrogate pair by U+FFFD. It is what remains of an emoji where an API has cut a
    /// text, and no reason to lose the rest.
    /// </summary>
    public static ReadOnlyMemory<byte> WithoutHalfPairs(ReadOnlyMemory<byte> json)
    {
        byte[]? mended = null;
        var span = json.Span;
        var at = span.IndexOf((byte)'\\');
        // Most escapes are quotes and line breaks: they needn't be read one by one.
        if (at < 0 || span[at..].IndexOf("\\u"u8) < 0)
            return json;
        while (at >= 0)
        {
            var length = 2;
            if (Unit(span[at..]) is { } unit)
            {
                length = 6;
                if (char.IsHighSurrogate(unit) && Unit(span[(at + 6)..]) is { } low && char.IsLowSurrogate(low))
                    length = 12;
                else if (char.IsSurrogate(unit))
                    "fffd"u8.CopyTo((mended ??= json.ToArray()).AsSpan(at + 2));
            }

            at += length;
            var next = at < span.Length ? span[at..].IndexOf((byte)'\\') : -1;
            at = next < 0 ? -1 : at + next;
        }

        return mended ?? json;
    }

    private static char? Unit(ReadOnlySpan<byte> text) =>
        text is [(byte)'\\', (byte)'u', _, _, _, _, ..]
        && ushort.TryParse(text.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? (char)unit
            : null;
}
