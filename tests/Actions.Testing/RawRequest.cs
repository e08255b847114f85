using System.Text;

namespace Actions.Testing;

/// <summary>One HTTP/1.1 request, as it came over the socket.</summary>
/// <param name="Method">E.g. GET.</param>
/// <param name="Target">Path and query, undecoded.</param>
/// <param name="Headers">In order; values are all that follows ": ", nothing trimmed.</param>
/// <param name="Body">Without its framing.</param>
public sealed record RawRequest(
    string Method, string Target, IReadOnlyList<KeyValuePair<string, string>> Headers, byte[] Body)
{
    public string Path => Target.Split('?', 2)[0];

    /// <summary>Null: there is no '?'.</summary>
    public string? Query => Target.Split('?', 2) is [_, var query] ? query : null;

    public string Text => new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Body);

    /// <summary>The values of all headers of that name.</summary>
    public IReadOnlyList<string> All(string name) =>
        [.. Headers.Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value)];

    /// <summary>The one header of that name, or null; two are an error.</summary>
    public string? Header(string name) => All(name).SingleOrDefault();

    /// <summary>Everything before the body.</summary>
    /// <exception cref="FormatException">Not what RFC 9112 allows.</exception>
    internal static RawRequest ParseHead(byte[] head)
    {
        var lines = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(head).Split("\r\n");
        if (lines.Any(line => line.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0))
            throw new FormatException("a lone CR, LF or NUL in the request's head");
        if (lines[0].Split(' ') is not [var method, var target, "HTTP/1.1"])
            throw new FormatException($"no request line: '{lines[0]}'");
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var line in lines[1..])
        {
            // curl writes no blank behind the colon of an empty value.
            var pair = line.Contains(": ", StringComparison.Ordinal) ? line.Split(": ", 2) : line.Split(':', 2);
            if (pair is not [{ Length: > 0 } name, var value] || name.Contains(' ', StringComparison.Ordinal))
                throw new FormatException($"no header: '{line}'");
            headers.Add(KeyValuePair.Create(name, value));
        }

        return new RawRequest(method, target, headers, []);
    }
}
