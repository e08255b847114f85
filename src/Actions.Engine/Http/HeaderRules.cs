using System.Collections.Frozen;

namespace Actions.Engine.Http;

/// <summary>Which headers an action may send. RFC 9110 sections 5.1, 5.5 and 7.6.1.</summary>
internal static class HeaderRules
{
    private static readonly FrozenSet<string> Refused = new[]
    {
        // Hop-by-hop: they belong to the connection, which isn't the action's.
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Upgrade",
        "HTTP2-Settings",
        // Framing: the body's length and end are stated by whoever writes it.
        "Content-Length", "Transfer-Encoding", "Expect",
        // The URL says which host is meant; another one here would reach a different site behind the same address.
        "Host",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <returns>What is wrong with the name, or null.</returns>
    public static string? CheckName(string name)
    {
        if (name.Length == 0)
            return "is required.";
        if (!IsName(name))
            return "must be of letters, digits and !#$%&'*+-.^_`|~ only.";
        return Refused.Contains(name) ? $"'{name}' is set by the server itself and can't be written by hand." : null;
    }

    /// <summary>A token, RFC 9110 section 5.6.2.</summary>
    public static bool IsName(string name) => name.Length > 0 && name.All(IsTokenCharacter);

    public static bool IsAllowedValue(string value) => value.AsSpan().IndexOfAny('\r', '\n', '\0') < 0;

    public static bool IsContentType(string name) => name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase);

    private static bool IsTokenCharacter(char c) =>
        char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal);
}
