using System.Buffers;
using System.Collections.Frozen;

namespace Actions.Engine.Http;

/// <summary>The headers that an action may send. RFC 9110 sections 5.1, 5.5 and 7.6.1.</summary>
internal static class HeaderRules
{
    private static readonly FrozenSet<string> Refused = new[]
    {
        // Hop-by-hop headers belong to the connection, which the action doesn't control.
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Upgrade",
        "HTTP2-Settings",
        // Framing: the HTTP implementation that writes the body sets its length and end.
        "Content-Length", "Transfer-Encoding", "Expect",
        // The URL determines the host; a different Host header would reach another site behind the same address.
        "Host",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~");

    /// <returns>The problem with the name, or null.</returns>
    public static string? CheckName(string name)
    {
        if (name.Length == 0)
            return "is required.";
        if (!IsName(name))
            return "must contain only letters, digits and !#$%&'*+-.^_`|~.";
        return Refused.Contains(name) ? $"'{name}' is set by the server itself; an action can't set it." : null;
    }

    /// <summary>A token, RFC 9110 section 5.6.2.</summary>
    public static bool IsName(ReadOnlySpan<char> name) => !name.IsEmpty && !name.ContainsAnyExcept(TokenCharacters);

    public static bool IsAllowedValue(string value) => value.AsSpan().IndexOfAny('\r', '\n', '\0') < 0;

    public static bool IsContentType(string name) => name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase);
}
