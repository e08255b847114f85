using Actions.Engine.Syntax;
using Actions.Engine.Templates;
using Actions.V1;

namespace Actions.Engine;

/// <summary>Where an action's credentials go. RFC 6454: an origin is a scheme, a host and a port.</summary>
public static class CredentialOrigins
{
    /// <returns>Whether both send them to the same origins: that of the request and, with OAuth 2.0, of the token
    /// URL.</returns>
    public static bool AreSame(ActionConfig left, ActionConfig right) =>
        Of(left.Request?.Url) is { } origin && origin == Of(right.Request?.Url)
        && Of(left.Authentication?.Oauth2ClientCredentials) == Of(right.Authentication?.Oauth2ClientCredentials);

    /// <returns>Null: no URL that could be called.</returns>
    private static string? Of(string? url)
    {
        try
        {
            // Placeholders can't stand in it.
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
