using System.Text.RegularExpressions;
using Actions.Engine.Http;
using Actions.Engine.Outbound.Authentication;

namespace Actions.Engine.Compilation;

/// <summary>
/// Checks a bearer token and its prefix for what people paste: most consoles show the whole header. The texts quote no
/// part of a token but a known scheme.
/// </summary>
internal static partial class BearerText
{
    private const string AsApiKey = "To send any other value, use an API key with the header's name Authorization.";

    /// <returns>The problem with the token, or null.</returns>
    /// <param name="scheme">Stands before the token in the header.</param>
    public static string? CheckToken(string token, string scheme, bool inQuery)
    {
        if (HeaderName().IsMatch(token))
            return "must be the token alone: leave 'Authorization:' and the scheme away.";
        var word = Scheme().Match(token) is { Success: true } known ? known.Groups["scheme"].Value : FirstWord(token,
            scheme);
        if (word is null)
            return null;
        var isAdded = word.Equals(scheme, StringComparison.OrdinalIgnoreCase) || word.Equals(BearerTokenPlan.Bearer,
            StringComparison.OrdinalIgnoreCase);
        return isAdded || inQuery
            ? $"must be the token alone: leave '{word}' away."
                + (inQuery ? "" : $" The server adds '{scheme}'.")
            : $"must be the token alone: leave '{word}' away, and put it into prefix.";
    }

    /// <returns>The problem with the prefix, or null.</returns>
    public static string? CheckPrefix(string prefix, bool inQuery)
    {
        if (prefix.Length == 0)
            return null;
        if (inQuery)
            return "stands before a token in the header; in the query there is none.";
        if (HeaderRules.IsName(prefix))
            return null;
        return HeaderRules.IsName(prefix.Trim())
            ? "must be the scheme alone, without spaces: the server adds the one before the token."
            : $"must be one word such as Token, of letters, digits and !#$%&'*+-.^_`|~. {AsApiKey}";
    }

    /// <summary>A prefix of one's own that stands before the token, too.</summary>
    private static string? FirstWord(string token, string scheme)
    {
        var text = token.AsSpan().TrimStart();
        return text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) && text.Length > scheme.Length
            && char.IsWhiteSpace(text[scheme.Length])
            ? scheme
            : null;
    }

    [GeneratedRegex(@"^[\s""']*(proxy-)?authorization\s*[:=]", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex HeaderName();

    // Other schemes than Bearer have parameters of the same name, such as "token=…".
    [GeneratedRegex(
        @"^[\s""']*((?<scheme>bearer)([\s:=""']|$)|(?<scheme>"
        + "token|basic|digest|jwt|api-?key|key|oauth|dpop|mac|hmac|negotiate|ntlm|sso-key|ssws|genie-?key|bot|splunk|snowflake"
        + @"|zoho-oauthtoken|klaviyo-api-key|deepl-auth-key|discogs)\s)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Scheme();
}
