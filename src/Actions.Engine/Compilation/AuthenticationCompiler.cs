using Actions.Engine.Http;
using Actions.Engine.Limits;
using Actions.Engine.Outbound.Authentication;
using Actions.Engine.Syntax;
using Actions.Engine.Templates;
using Actions.V1;

namespace Actions.Engine.Compilation;

/// <summary>Compiles <see cref="ActionConfig.Authentication"/>.</summary>
internal sealed class AuthenticationCompiler(EngineOptions options, Func<Uri, string?> checkUrl, Violations violations)
{
    /// <returns>Null: the API needs none.</returns>
    public AuthenticationPlan? Compile(Authentication? authentication)
    {
        switch (authentication?.MethodCase)
        {
            case null:
                return null;
            case Authentication.MethodOneofCase.ApiKey:
                return CompileApiKey(authentication.ApiKey);
            case Authentication.MethodOneofCase.BearerToken:
                var bearer = authentication.BearerToken;
                return new BearerTokenPlan(InQuery(bearer.Location, "bearer_token"), Secret(bearer.Token, "bearer_token.token"));
            case Authentication.MethodOneofCase.BasicCredentials:
                return CompileBasic(authentication.BasicCredentials);
            case Authentication.MethodOneofCase.Oauth2ClientCredentials:
                return CompileOAuth2(authentication.Oauth2ClientCredentials);
            default:
                violations.Add("authentication", "has no method; choose one, or leave it unset.");
                return null;
        }
    }

    private ApiKeyPlan CompileApiKey(ApiKey key)
    {
        var inQuery = InQuery(key.Location, "api_key");
        const string field = "authentication.api_key.name";
        violations.CheckLimit(field, key.Name.Length, options.MaxHeaderNameLength, "characters");
        var wrong = !inQuery ? HeaderRules.CheckName(key.Name) : key.Name.Length == 0 ? "is required." : null;
        if (wrong is not null)
            violations.Add(field, wrong);
        return new ApiKeyPlan(new CredentialPlace(key.Name, inQuery), Secret(key.Value, "api_key.value"));
    }

    private BasicCredentialsPlan CompileBasic(BasicCredentials basic)
    {
        // RFC 7617 section 2: the first colon ends the name.
        if (basic.Username.Contains(':', StringComparison.Ordinal) || basic.Username.Any(char.IsControl))
            violations.Add("authentication.basic_credentials.username", "must not contain a colon or control characters.");
        // Some APIs take their key as the name, and no password.
        return new BasicCredentialsPlan(
            basic.Username, Secret(basic.Password, "basic_credentials.password", mayBeEmpty: basic.Username.Length > 0));
    }

    private OAuth2Plan? CompileOAuth2(OAuth2ClientCredentials oauth)
    {
        const string root = "authentication.oauth2_client_credentials";
        if (oauth.ClientId.Length == 0)
            violations.Add($"{root}.client_id", "is required.");
        // RFC 6749 section 3.3: a scope is visible ASCII without quotes and backslashes.
        if (oauth.Scopes.Any(scope => scope.Length == 0 || scope.Any(c => c is <= ' ' or > '~' or '"' or '\\')))
            violations.Add($"{root}.scopes", "must be visible ASCII characters without quotes, backslashes and spaces.");
        violations.CheckLimit($"{root}.token_url", oauth.TokenUrl.Length, options.MaxUrlLength, "characters");
        var secret = Secret(oauth.ClientSecret, "oauth2_client_credentials.client_secret");
        try
        {
            var url = UrlTemplate.ParseLiteral(oauth.TokenUrl);
            if (checkUrl(url) is { } refusal)
                violations.Add($"{root}.token_url", $"may not be called: {refusal}.");
            return new OAuth2Plan(url, oauth.ClientId, secret, string.Join(' ', oauth.Scopes));
        }
        catch (SyntaxException e)
        {
            violations.Add($"{root}.token_url", $"{e.Message}.");
            return null;
        }
    }

    private bool InQuery(Location location, string method)
    {
        if (!Enum.IsDefined(location))
            violations.Add($"authentication.{method}.location", "must be LOCATION_HEADER or LOCATION_QUERY.");
        return location == Location.Query;
    }

    private string Secret(Secret? secret, string field, bool mayBeEmpty = false)
    {
        var text = secret?.Plaintext ?? "";
        field = $"authentication.{field}";
        if (text.Length == 0 && !mayBeEmpty)
            violations.Add(field, "is required.");
        violations.CheckLimit(field, text.Length, options.MaxHeaderValueLength, "characters");
        if (text.Any(char.IsControl))
            violations.Add(field, "must not contain control characters.");
        return text;
    }
}
