using System.Collections.Immutable;
using System.Globalization;

namespace Actions.Engine.Http;

/// <summary>A set of HTTP statuses, defined by patterns such as <c>2xx</c>, <c>404</c> or <c>200-299</c>.</summary>
internal sealed class StatusSet(ImmutableArray<(int From, int To)> ranges)
{
    public static StatusSet Successful { get; } = new([(200, 299)]);

    /// <summary>Statuses that indicate that the same request may succeed later.</summary>
    public static StatusSet Retryable { get; } = new([(408, 408), (429, 429), (502, 504)]);

    /// <summary>RFC 9110 section 15.4: the statuses whose Location replaces the request's URL.</summary>
    public static bool IsRedirect(int status) => status is 301 or 302 or 303 or 307 or 308;

    public bool Contains(int status)
    {
        foreach (var (from, to) in ranges)
            if (status >= from && status <= to)
                return true;
        return false;
    }

    /// <returns>Null if the text isn't such a pattern, or is outside 100 to 599.</returns>
    public static (int From, int To)? ParseRange(string pattern)
    {
        if (pattern.Length == 3 && pattern[0] is >= '1' and <= '5' && pattern.AsSpan(1).Equals("xx", StringComparison.OrdinalIgnoreCase))
            return ((pattern[0] - '0') * 100, ((pattern[0] - '0') * 100) + 99);
        var dash = pattern.IndexOf('-', StringComparison.Ordinal);
        var from = ParseStatus(dash < 0 ? pattern : pattern[..dash]);
        var to = ParseStatus(dash < 0 ? pattern : pattern[(dash + 1)..]);
        return from <= to ? (from.Value, to.Value) : null;
    }

    private static int? ParseStatus(string text) =>
        text.Length == 3 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 100 and <= 599
            ? status
            : null;
}
