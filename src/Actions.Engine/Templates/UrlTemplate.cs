using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Actions.Engine.Limits;
using Actions.Engine.Outbound.Guard;
using Actions.Engine.Syntax;
using Actions.Engine.Variables;

namespace Actions.Engine.Templates;

/// <summary>
/// An absolute http or https URL (RFC 3986) with placeholders in its path and query. Scheme, host and port are fixed by
/// parsing. A placeholder is percent-encoded as one path segment or one query value, so it can't add structure.
/// </summary>
internal sealed class UrlTemplate
{
    private readonly string _origin;
    private readonly ImmutableArray<Template> _segments;
    private readonly ImmutableArray<PairTemplate>? _query;

    private UrlTemplate(string origin, ImmutableArray<Template> segments, ImmutableArray<PairTemplate>? query)
    {
        _origin = origin;
        _segments = segments;
        _query = query;
    }

    /// <summary>Scheme, host and port: the part of the URL without variables.</summary>
    public Uri Origin => new(_origin);

    /// <summary>The URL without its query, with the names of its variables in place of their values.</summary>
    public string WithoutValues => _segments.IsEmpty ? $"{_origin}/" : _origin + string.Concat(_segments.Select(
        segment => $"/{string.Concat(segment.Parts.Select(part => part.IsPlaceholder ? $"{{{part.Text}}}" : part.Text))}"));

    public IEnumerable<string> Names => NamesInPath.Concat((_query ?? []).SelectMany(pair => pair.Names));

    /// <summary>The variables that can't be left out.</summary>
    public IEnumerable<string> NamesInPath => _segments.SelectMany(segment => segment.Names);

    /// <exception cref="SyntaxException">The text isn't such a URL; the message gives the reason and the
    /// remedy.</exception>
    public static UrlTemplate Parse(string text) => Parse(Template.Parse(text).Parts);

    private static UrlTemplate Parse(ImmutableArray<TemplatePart> parts)
    {
        var head = parts is [{ IsPlaceholder: false } first, ..] ? first.Text : "";
        var (origin, length) = ParseOrigin(head, hasMore: parts.Length > 1);

        var segments = ImmutableArray.CreateBuilder<Template>();
        var current = ImmutableArray.CreateBuilder<TemplatePart>();
        var inQuery = false;
        if (length < head.Length)
            parts = parts.SetItem(0, new TemplatePart(head[length..], IsPlaceholder: false));
        else
            parts = parts.RemoveAt(0);

        foreach (var part in parts)
        {
            if (part.IsPlaceholder)
            {
                current.Add(part);
                continue;
            }

            var literal = part.Text;
            RefuseBadCharacters(literal);
            var start = 0;
            for (var i = 0; i < literal.Length && !inQuery; i++)
            {
                if (literal[i] is not ('/' or '?'))
                    continue;
                AddLiteral(current, literal[start..i]);
                segments.Add(EndSegment(current));
                inQuery = literal[i] == '?';
                start = i + 1;
            }

            AddLiteral(current, literal[start..]);
        }

        if (!inQuery)
            segments.Add(EndSegment(current));
        // The segment before the path's first slash is always empty.
        return new UrlTemplate(
            origin,
            segments.ToImmutable().RemoveAt(0),
            inQuery ? PairTemplate.InText(current.DrainToImmutable(), Uri.EscapeDataString) : null);
    }

    /// <param name="parameters">Further query parameters.</param>
    /// <param name="limit">In characters. Rendering stops soon after; the code that renders rejects a longer
    /// URL.</param>
    /// <param name="violations">Receives a violation for each variable that would change the URL's structure.</param>
    /// <returns>The URL exactly as sent.</returns>
    public Uri Render(
        VariableValues variables, ImmutableArray<PairTemplate> parameters, int limit, Violations violations)
    {
        var url = new PairWriter("?", stackalloc char[Template.UsualLength]);
        url.Text.AppendLiteral(_origin);
        foreach (var segment in _segments)
        {
            if (url.Length > limit)
                break;
            url.Text.AppendLiteral("/");
            WriteSegment(ref url.Text, segment, variables, limit, violations);
        }

        if (_segments.IsEmpty)
            url.Text.AppendLiteral("/");
        foreach (var pair in _query ?? [])
            pair.WriteTo(ref url, variables, limit, violations);
        // The URL's own query may end with a '&'.
        url.MayBeSeparated = true;
        foreach (var parameter in parameters)
            parameter.WriteTo(ref url, variables, limit, violations);

        // Already in its final form: normalizing again could undo the encoding of a variable (%2E%2E).
        return new Uri(
            url.Text.ToStringAndClear(), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
    }

    /// <summary>Parses a URL without placeholders: brackets are literal.</summary>
    /// <exception cref="SyntaxException">The text isn't such a URL.</exception>
    public static Uri ParseLiteral(string text) =>
        Parse([new TemplatePart(text, IsPlaceholder: false)]).Render(VariableValues.None, [], int.MaxValue, new Violations());

    /// <summary>
    /// The URL's scheme, host and port in the form that is called. The rest of the URL isn't checked.
    /// </summary>
    /// <exception cref="SyntaxException">They aren't those of an http or https URL.</exception>
    public static string OriginOf(string text) => ParseOrigin(text, hasMore: false).Origin;

    private static void WriteSegment(
        ref DefaultInterpolatedStringHandler url, Template segment, VariableValues variables, int limit,
        Violations violations)
    {
        var start = url.Text.Length;
        segment.WriteTo(ref url, variables, limit, Uri.EscapeDataString);
        if (!segment.HasPlaceholders)
            return;
        var rendered = url.Text[start..];
        var problem = IsDotSegment(rendered) ? "would change the URL's path: a segment can't be '.' or '..'."
            : IsBlankSegment(rendered) ? "would change the URL's path: a segment can't be empty or blank."
            : null;
        foreach (var name in segment.Names)
        {
            if (variables.IsComposite(name))
                violations.Add(
                    $"variables.{name}",
                    "is a list or an object, which a path segment can't be; send one text or number.");
            else if (problem is not null)
                violations.Add($"variables.{name}", problem);
        }
    }

    private static (string Origin, int Length) ParseOrigin(string head, bool hasMore)
    {
        var scheme = head.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? "https"
            : head.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? "http"
            : throw new SyntaxException("must start with http:// or https://, without a placeholder in it");
        var start = scheme.Length + 3;
        var authorityLength = head.AsSpan(start).IndexOfAny("/?#\\");
        if (authorityLength < 0)
        {
            if (hasMore)
                throw new SyntaxException("must not contain a placeholder in the host or port; put a '/' after the host");
            authorityLength = head.Length - start;
        }

        var authority = head.Substring(start, authorityLength);
        RefuseBadCharacters(authority);
        if (authority.Contains('@', StringComparison.Ordinal))
            throw new SyntaxException("must not contain a user name or password");
        var (host, port) = ParseAuthority(authority);
        var suffix = port is null || port == (scheme == "https" ? 443 : 80) ? "" : string.Create(CultureInfo.InvariantCulture, $":{port}");
        var origin = $"{scheme}://{host.Text}{suffix}";
        // The connection uses the result of Uri's parser: host and port must be the same for both parsers.
        if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || UrlHost.Parse(uri.IdnHost) != host || uri.GetLeftPart(UriPartial.Authority) != origin)
            throw new SyntaxException($"has no valid host and port: '{authority}'");
        return (origin, start + authorityLength);
    }

    private static (UrlHost Host, int? Port) ParseAuthority(string authority)
    {
        var colon = authority.IndexOf(':', Math.Max(authority.IndexOf(']', StringComparison.Ordinal), 0));
        var port = 0;
        if (colon >= 0 && (!int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65_535))
            throw new SyntaxException($"has no valid host and port: '{authority}'");
        try
        {
            return (UrlHost.Parse(colon < 0 ? authority : authority[..colon]), colon < 0 ? null : port);
        }
        catch (SyntaxException e)
        {
            throw new SyntaxException($"has no valid host and port: '{authority}', whose host {e.Message}");
        }
    }

    private static void RefuseBadCharacters(string literal)
    {
        foreach (var c in literal)
        {
            if (c == '#')
                throw new SyntaxException("must not contain a fragment ('#…'), which is never sent; write %23 for the character");
            if (c == '\\')
                throw new SyntaxException("must not contain a backslash; write %5C for the character");
            if (char.IsControl(c) || char.IsWhiteSpace(c))
                throw new SyntaxException("must not contain white space or control characters; write %20 for a space");
        }
    }

    private static void AddLiteral(ImmutableArray<TemplatePart>.Builder parts, string literal)
    {
        if (literal.Length > 0)
            parts.Add(new TemplatePart(EncodeLiteral(literal), IsPlaceholder: false));
    }

    private static Template EndSegment(ImmutableArray<TemplatePart>.Builder parts)
    {
        var segment = Template.FromParts(parts.DrainToImmutable());
        return !segment.HasPlaceholders && IsDotSegment(string.Concat(segment.Parts.Select(part => part.Text)))
            ? throw new SyntaxException("must not contain '.' or '..' as a path segment; write the path it leads to")
            : segment;
    }

    private static bool IsDotSegment(ReadOnlySpan<char> segment)
    {
        var first = DotLength(segment);
        return first > 0 && (first == segment.Length || first + DotLength(segment[first..]) == segment.Length);
    }

    /// <summary>Of the dot that the text begins with, encoded or not; 0 if there is none.</summary>
    private static int DotLength(ReadOnlySpan<char> text) =>
        text is ['.', ..] ? 1 : text.StartsWith("%2E", StringComparison.OrdinalIgnoreCase) ? 3 : 0;

    /// <summary>
    /// Many servers drop an empty segment, or trim a blank one, and see another path: DELETE /bookings/ for one
    /// booking.
    /// </summary>
    private static bool IsBlankSegment(ReadOnlySpan<char> segment)
    {
        var text = segment.Contains('%') ? Uri.UnescapeDataString(segment) : segment;
        foreach (var rune in text.EnumerateRunes())
        {
            if (!IsInvisible(rune))
                return false;
        }

        return true;
    }

    // Also marks with nothing to stand on, and what is drawn as nothing: Braille's blank, fillers of Hangul.
    private static bool IsInvisible(Rune rune) => Rune.IsWhiteSpace(rune) || Rune.IsControl(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.NonSpacingMark
        || rune.Value is 0x2800 or 0x3164 or 0x115F or 0x1160 or 0xFFA0;

    /// <summary>
    /// Keeps the characters that RFC 3986 allows in a path or query and existing encodings; encodes all others.
    /// </summary>
    private static string EncodeLiteral(string literal)
    {
        var encoded = new StringBuilder(literal.Length);
        for (var i = 0; i < literal.Length; i++)
        {
            var c = literal[i];
            if (c == '%' && i + 2 < literal.Length && char.IsAsciiHexDigit(literal[i + 1]) && char.IsAsciiHexDigit(literal[i + 2]))
            {
                encoded.Append(literal, i, 3);
                i += 2;
            }
            else if (char.IsAsciiLetterOrDigit(c) || "-._~!$&'()*+,;=:@/?".Contains(c, StringComparison.Ordinal))
            {
                encoded.Append(c);
            }
            else
            {
                var length = i + 1 < literal.Length && char.IsSurrogatePair(literal, i) ? 2 : 1;
                encoded.Append(Uri.EscapeDataString(literal.AsSpan(i, length)));
                i += length - 1;
            }
        }

        return encoded.ToString();
    }
}
