namespace Actions.Engine.Decoding;

/// <summary>
/// The C1 controls (U+0080 to U+009F). In practice each is a windows-1252 character that somebody took for ISO 8859-1,
/// such as the apostrophe in <c>It\u0092s</c>. No speech engine knows what to do with them.
/// </summary>
internal static class ControlCharacters
{
    /// <returns>The text with each C1 control replaced by the windows-1252 character of its number.</returns>
    public static string ReplaceC1(string text) =>
        text.AsSpan().IndexOfAnyInRange('\u0080', '\u009f') < 0
            ? text
            : string.Create(text.Length, text, static (replaced, text) =>
            {
                for (var i = 0; i < text.Length; i++)
                    replaced[i] = text[i] is >= '\u0080' and <= '\u009f' ? Of1252(text[i]) : text[i];
            });

    private static char Of1252(char control) => Charsets.Windows1252.GetString([(byte)control])[0];
}
