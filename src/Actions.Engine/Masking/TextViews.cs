namespace Actions.Engine.Masking;

/// <summary>
/// The decoded views of a text in which a secret can be recognized: from JSON strings, percent-encoding and character
/// references, also in one another, and from form encoding, base64 and hex in any of these.
/// </summary>
internal static class TextViews
{
    // JSON in JSON in JSON in JSON; or a form in JSON in HTML.
    private const int MaxDepth = 4;

    // Together, beyond the text itself: enough for every view of a sample, and a bound for a body of megabytes.
    private const int MinTotalBytes = 2 << 20;
    private const int MinTotalTexts = 4;

    private const int Base64Alignments = 4;
    private const int HexAlignments = 2;

    public static IEnumerable<TextView> Of(byte[] text, bool isCut)
    {
        var left = Math.Max(MinTotalBytes, (long)text.Length * MinTotalTexts);
        var pending = new Queue<(TextView View, int Depth)>([(new TextView(text), 0)]);
        var seen = new List<TextView>();
        while (pending.TryDequeue(out var next))
        {
            var (view, depth) = next;
            yield return view;
            foreach (var leaf in Leaves(view, isCut))
                yield return leaf;
            if (depth == MaxDepth)
                continue;
            foreach (var child in Children(view, isCut))
            {
                // The same text by another way, such as JSON in HTML and HTML in JSON.
                if (child.Bytes.Length > left || seen.Any(known => known.Bytes.SequenceEqual(child.Bytes)))
                    continue;
                left -= child.Bytes.Length;
                seen.Add(child);
                pending.Enqueue((child, depth + 1));
            }
        }
    }

    private static IEnumerable<TextView> Children(TextView view, bool isCut)
    {
        TextView?[] children =
        [
            view.Decode("\\"u8, Escapes.Json, isCut),
            view.Decode("%"u8, Escapes.Percent, isCut),
            view.Decode("&"u8, Escapes.Html, isCut),
        ];
        return children.OfType<TextView>();
    }

    private static IEnumerable<TextView> Leaves(TextView view, bool isCut)
    {
        if (view.Bytes.Contains((byte)'+') && view.Decode("+%"u8, Escapes.Form, isCut) is { } form)
            yield return form;
        for (var skip = 0; skip < Base64Alignments; skip++)
        {
            if (view.DecodeRuns(bits: 6, Escapes.Base64Digit, skip) is not { } base64)
                continue;
            yield return base64;
            // JSON in a token, RFC 7519.
            if (base64.Decode("\\"u8, Escapes.Json, isCut) is { } json)
                yield return json;
        }

        for (var skip = 0; skip < HexAlignments; skip++)
        {
            if (view.DecodeRuns(bits: 4, Escapes.HexDigit, skip) is { } hex)
                yield return hex;
        }
    }
}
