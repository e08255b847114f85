using Actions.Engine.Http;
using Actions.Engine.Limits;
using Actions.Engine.Outbound.Authentication;
using Actions.Engine.Syntax;
using Actions.Engine.Templates;
using Actions.V1;

namespace Actions.Engine.Compilation;

/// <summary>Compiles <see cref="ActionConfig.Authentication"/>.</summary>
/// <param name="isSaved">False for a stored action: rules that are younger than it don't apply.</param>
internal sealed class AuthenticationCompiler(
    EngineOptions options, Func<Uri, string?> checkUrl, bool isSaved, Violations violations)
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
                return CompileBearer(authentication.BearerToken);
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

    private BearerTokenPlan CompileBearer(BearerToken bearer)
    {
        const string root = "authentication.bearer_token";
        var inQuery = InQuery(bearer.Location, "bearer_token");
        if (BearerText.CheckPrefix(bearer.Prefix, inQuery) is { } wrongPrefix)
            violations.Add($"{root}.prefix", wrongPrefix);
        violations.CheckLimit($"{root}.prefix", bearer.Prefix.Length, options.MaxHeaderNameLength, "characters");
        var scheme = bearer.Prefix.Length == 0 ? BearerTokenPlan.Bearer : bearer.Prefix;
        // The advice is worth more than the complaint about, say, a tab.
        if (isSaved && BearerText.CheckToken(bearer.Token?.Plaintext ?? "", scheme, inQuery) is { } wrongToken)
            violations.Add($"{root}.token", wrongToken);
        else
            Secret(bearer.Token, "bearer_token.token");
        return new BearerTokenPlan(inQuery, scheme, bearer.Token?.Plaintext ?? "");
    }

    private OAuth2Plan? CompileOAuth2(OAuth2ClientCredentials oauth)
    {
        const string root = "authentication.oauth2_client_credentials";
        if (oauth.ClientId.Length == 0)
            violations.Add($"{root}.client_id", "is required.");
        if (!Enum.IsDefined(oauth.ClientAuthentication))
            violations.Add($"{root}.client_authentication", "must be a value of ClientAuthentication.");
        // RFC 7617 section 2: the first colon ends the name.
        if (oauth.ClientAuthentication == ClientAuthentication.BasicUnencoded && oauth.ClientId.Contains(':',
            StringComparison.Ordinal))
            violations.Add($"{root}.client_id", "must not contain a colon, which needs CLIENT_AUTHENTICATION_BASIC.");
        // RFC 6749 section 3.3: a scope is visible ASCII without quotes and backslashes.
        if (oauth.Scopes.Any(scope => scope.Length == 0 || scope.Any(c => c is <= ' ' or > '~' or '"' or '\\')))
            violations.Add($"{root}.scopes", "must be visible ASCII characters without quotes, backslashes and spaces.");
        violations.CheckLimit($"{root}.token_url", oauth.TokenUrl.Length, options.MaxUrlLength, "characters");
        var secret = Secret(oauth.ClientSecret, "oauth2_client_credentials.client_secret");
        var form = new TokenFormCompiler(options, violations).Compile(oauth, $"{root}.parameters");
        try
        {
            var url = UrlTemplate.ParseLiteral(oauth.TokenUrl);
            if (checkUrl(url) is { } refusal)
                violations.Add($"{root}.token_url", $"may not be called: {refusal}.");
            return new OAuth2Plan(url, oauth.ClientId, secret, oauth.ClientAuthentication, form);
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
