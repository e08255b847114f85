using System.Text.RegularExpressions;

namespace Actions.Engine.Request;

/// <summary>
/// The path and the query of a Location as the API wrote them. Uri would decode %7E and write %c3 as %C3, and a signed
/// URL is signed as it is written.
/// </summary>
internal static partial class LocationPath
{
    /// <param name="from">The request's URL, in its final form.</param>
    /// <param name="location">Relative to it, or absolute.</param>
    /// <returns>Null: the location isn't written as a URL is, or names the same path.</returns>
    public static string? AsSent(Uri from, Uri location)
    {
        var said = location.OriginalString.Split('#')[0];
        if (said.Length == 0 || said.Any(c => c is <= ' ' or > '~' or '\\'))
            return null;
        var rest = said[Authority().Match(said).Length..];
        // A scheme without an authority: "http:/a".
        if (rest.Length == said.Length && Scheme().IsMatch(said))
            return null;
        var (path, query) = Split(rest);
        if (rest.Length == said.Length && !path.StartsWith('/'))
        {
            var (own, _) = Split(from.OriginalString[from.GetLeftPart(UriPartial.Authority).Length..]);
            path = path.Length == 0 ? own : own[..(own.LastIndexOf('/') + 1)] + path;
        }

        return WithoutDots(path) + query;
    }

    private static (string Path, string Query) Split(string text) =>
        text.IndexOf('?', StringComparison.Ordinal) is var mark && mark < 0 ? (text, "") : (text[..mark], text[mark..]);

    /// <summary>RFC 3986 section 5.2.4, also for dots that are percent-encoded.</summary>
    private static string WithoutDots(string path)
    {
        var kept = new List<string>();
        var segments = path.Split('/')[1..];
        for (var i = 0; i < segments.Length; i++)
        {
            var dots = segments[i].Replace("%2E", ".", StringComparison.OrdinalIgnoreCase);
            if (dots is not ("." or ".."))
            {
                kept.Add(segments[i]);
                continue;
            }

            if (dots == ".." && kept.Count > 0)
                kept.RemoveAt(kept.Count - 1);
            if (i == segments.Length - 1)
                kept.Add("");
        }

        return $"/{string.Join('/', kept)}";
    }

    [GeneratedRegex("^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/?]*")]
    private static partial Regex Authority();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9+.-]*:")]
    private static partial Regex Scheme();
}
