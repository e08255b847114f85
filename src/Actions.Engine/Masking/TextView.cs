namespace Actions.Engine.Masking;

/// <summary>A decoded view of a text, or the text itself. Maps each decoded byte to its position in the text.</summary>
internal sealed class TextView
{
    /// <summary>Decodes one escape at the beginning of a text.</summary>
    /// <returns>The length of the escape; 0: there is none; -1: the text ends inside of what may be one.</returns>
    public delegate int Decoder(ReadOnlySpan<byte> text, Span<byte> decoded, out int written);

    private readonly byte[] _bytes;
    private readonly int _length;
    private readonly TextView? _parent;

    // The position in the parent of each byte's beginning, and of the end.
    private readonly int[] _starts;

    // The position in the parent of each byte's end; null: the next one's beginning.
    private readonly int[]? _ends;

    public TextView(byte[] text)
        : this(text, text.Length, null, [], null)
    {
    }

    private TextView(byte[] bytes, int length, TextView? parent, int[] starts, int[]? ends)
    {
        _bytes = bytes;
        _length = length;
        _parent = parent;
        _starts = starts;
        _ends = ends;
    }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>The position of a part in the source text.</summary>
    public (int Start, int End) Source(int first, int end) => _parent is null
        ? (first, end)
        : _parent.Source(_starts[first], _ends is null ? _starts[end] : _ends[end - 1]);

    /// <param name="marks">The first bytes of an escape.</param>
    /// <param name="decode">Decodes one escape.</param>
    /// <param name="isCut">The text continues: an escape that may be incomplete at its end is left out.</param>
    /// <returns>Null: nothing to decode.</returns>
    public TextView? Decode(ReadOnlySpan<byte> marks, Decoder decode, bool isCut)
    {
        var text = Bytes;
        if (!text.ContainsAny(marks))
            return null;
        var bytes = new byte[text.Length];
        var starts = new int[text.Length + 1];
        var (length, hasDecoded) = (0, false);
        for (var at = 0; at < text.Length;)
        {
            // Most of a text needs no decoding.
            var plain = text[at..].IndexOfAny(marks);
            plain = plain < 0 ? text.Length - at : plain;
            text.Slice(at, plain).CopyTo(bytes.AsSpan(length));
            for (var i = 0; i < plain; i++)
                starts[length++] = at++;
            if (at == text.Length)
                break;

            var read = decode(text[at..], bytes.AsSpan(length), out var written);
            if (read < 0 && isCut)
            {
                hasDecoded = true;
                break;
            }

            hasDecoded |= read > 0;
            if (read <= 0)
                (read, written, bytes[length]) = (1, 1, text[at]);
            starts.AsSpan(length, written).Fill(at);
            (at, length) = (at + read, length + written);
        }

        starts[length] = text.Length;
        return hasDecoded ? new TextView(bytes, length, this, starts, null) : null;
    }

    /// <summary>The bytes that base64 or hex digits stand for. Between runs is a byte that occurs in no text.</summary>
    /// <param name="bits">Bits of a digit.</param>
    /// <param name="digit">The value of a digit; -1: it is none.</param>
    /// <param name="skip">Digits to skip in each run: where the digits of a value begin isn't known.</param>
    /// <returns>Null: no run is long enough for a secret.</returns>
    public TextView? DecodeRuns(int bits, Func<byte, int> digit, int skip)
    {
        var text = Bytes;
        // A run has fewer bytes than digits, and none of its bytes for the digit or break behind it.
        var (bytes, starts, ends) = (new byte[text.Length + 1], new int[text.Length + 1], new int[text.Length + 1]);
        var (length, longest) = (0, 0);
        for (var at = 0; at < text.Length;)
        {
            if (digit(text[at]) < 0)
            {
                at++;
                continue;
            }

            var (begin, skipped, value, held, heldFrom) = (length, 0, 0, 0, 0);
            for (; at < text.Length; at = NextInRun(text, at, digit))
            {
                var next = digit(text[at]);
                if (next < 0)
                    break;
                if (skipped++ < skip)
                    continue;
                heldFrom = held == 0 ? at : heldFrom;
                (value, held) = (((value << bits) | next) & 0xFFFF, held + bits);
                if (held < 8)
                    continue;
                held -= 8;
                (bytes[length], starts[length], ends[length]) = ((byte)(value >> held), heldFrom, at + 1);
                (length, heldFrom) = (length + 1, at);
            }

            longest = Math.Max(longest, length - begin);
            // Not at the end of the text, where a secret may be cut, also behind a line.
            if (length > begin && text[at..].ContainsAnyExcept(" \t\r\n"u8))
                (bytes[length], starts[length], ends[length++]) = (0xFF, at, at);
        }

        return longest < SecretIndex.MinBytes ? null : new TextView(bytes, length, this, starts, ends);
    }

    /// <summary>The next position of a run: lines of digits belong together (RFC 2045 section 6.8).</summary>
    private static int NextInRun(ReadOnlySpan<byte> text, int at, Func<byte, int> digit)
    {
        if (++at >= text.Length || text[at] is not ((byte)'\r' or (byte)'\n'))
            return at;
        var next = text[at..].IndexOfAnyExcept(" \t\r\n"u8);
        return next >= 0 && digit(text[at + next]) >= 0 ? at + next : at;
    }
}
