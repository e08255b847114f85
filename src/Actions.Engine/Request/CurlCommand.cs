using System.Text;
using Actions.V1;

namespace Actions.Engine.Request;

/// <summary>
/// A request as a curl command for a POSIX shell. curl sends exactly this request: each option keeps it from adding or
/// changing something.
/// </summary>
internal static class CurlCommand
{
    // From this size on, curl sends the headers alone and asks whether it may go on (RFC 9110 section 10.1.1).
    private const int ExpectBytes = 1 << 20;

    /// <param name="statesLength">A length is stated although there is no body.</param>
    public static string Of(string method, RenderedRequest request, bool statesLength)
    {
        List<string> words = ["curl", "--request", method, Quote(request.Url)];
        // Brackets and braces would be patterns of several URLs.
        if (request.Url.AsSpan().IndexOfAny("[]{}") >= 0)
            words.Add("--globoff");
        if (request.Url.Contains("/.", StringComparison.Ordinal))
            words.Add("--path-as-is");
        // Decodes the response; the header Accept-Encoding says what is asked for.
        if (request.Headers.Any(header => header.Name.Equals("Accept-Encoding", StringComparison.OrdinalIgnoreCase)))
            words.Add("--compressed");
        words.AddRange(request.Headers.Select(header => $"--header {Quote(HeaderOf(header))}"));
        if (request.Body.Length == 0 && statesLength)
            words.Add("--header 'Content-Length: 0'");
        if (Encoding.UTF8.GetByteCount(request.Body) > ExpectBytes)
            words.Add("--header 'Expect:'");
        if (request.Body.Length > 0)
            words.Add($"--data-raw {Quote(request.Body)}");
        return string.Join(' ', words);
    }

    /// <summary>With a colon, a header without a value would be one to leave out.</summary>
    private static string HeaderOf(Header header) =>
        string.IsNullOrWhiteSpace(header.Value) ? $"{header.Name};" : $"{header.Name}: {header.Value}";

    /// <summary>Quotes for a POSIX shell, where no character inside single quotes has a special meaning.</summary>
    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
