using Actions.Engine.Syntax;
using Actions.Engine.Templates;
using Actions.V1;

namespace Actions.Engine;

/// <summary>
/// The origins to which an action sends its credentials. RFC 6454: an origin is a scheme, a host and a port.
/// </summary>
public static class CredentialOrigins
{
    /// <returns>Whether both actions send credentials to the same origins: the request's and, with OAuth 2.0, the token
    /// URL's.</returns>
    public static bool AreSame(ActionConfig left, ActionConfig right) =>
        Of(left.Request?.Url) is { } origin && origin == Of(right.Request?.Url)
        && Of(left.Authentication?.Oauth2ClientCredentials) == Of(right.Authentication?.Oauth2ClientCredentials);

    /// <returns>The origin; null if the text isn't a URL that can be called.</returns>
    private static string? Of(string? url)
    {
        try
        {
            // The origin can't contain placeholders.
            return UrlTemplate.Parse(url ?? "").Origin.GetLeftPart(UriPartial.Authority);
        }
        catch (SyntaxException)
        {
            return null;
        }
    }

    private static string? Of(OAuth2ClientCredentials? oauth)
    {
        if (oauth is null)
            return null;
        try
        {
            return UrlTemplate.ParseLiteral(oauth.TokenUrl).GetLeftPart(UriPartial.Authority);
        }
        catch (SyntaxException)
        {
            return "";
        }
    }
}
