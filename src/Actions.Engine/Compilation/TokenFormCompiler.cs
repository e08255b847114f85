using Actions.Engine.Http;
using Actions.Engine.Limits;
using Actions.Engine.Outbound.Authentication;
using Actions.V1;

namespace Actions.Engine.Compilation;

/// <summary>Compiles the form parameters of a token request.</summary>
internal sealed class TokenFormCompiler(EngineOptions options, Violations violations)
{
    private const string GrantType = "grant_type";
    private const string Scope = "scope";

    public TokenForm Compile(OAuth2ClientCredentials oauth, string field)
    {
        Check(oauth, field);
        var parameters = oauth.Parameters.Select(parameter => (parameter.Name, Value: ValueOf(parameter))).ToList();
        List<(string Name, string Value)> form = [];
        if (parameters.All(parameter => parameter.Name != GrantType))
            form.Add((GrantType, "client_credentials"));
        if (oauth.Scopes.Count > 0)
            form.Add((Scope, string.Join(' ', oauth.Scopes)));
        form.AddRange(parameters);
        return new TokenForm(
            string.Join('&', form.Select(pair => $"{FormUrlEncoding.Encode(pair.Name)}={FormUrlEncoding.Encode(pair.Value)}")),
            [.. oauth.Parameters.Select(parameter => parameter.SecretValue?.Plaintext ?? "").Where(secret =>
                secret.Length > 0)]);
    }

    private void Check(OAuth2ClientCredentials oauth, string field)
    {
        violations.CheckLimit(field, oauth.Parameters.Count, options.MaxParameters, "parameters");
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < oauth.Parameters.Count; i++)
        {
            var (parameter, at) = (oauth.Parameters[i], $"{field}[{i}]");
            var secret = parameter.SecretValue?.Plaintext ?? "";
            violations.CheckLimit($"{at}.name", parameter.Name.Length, options.MaxParameterLength, "characters");
            violations.CheckLimit($"{at}.value", parameter.Value.Length, options.MaxParameterLength, "characters");
            violations.CheckLimit($"{at}.secret_value", secret.Length, options.MaxParameterLength, "characters");
            if (CheckName(parameter.Name, oauth) is { } wrong)
                violations.Add($"{at}.name", wrong);
            else if (!names.Add(parameter.Name))
                violations.Add($"{at}.name", $"names '{parameter.Name}' a second time.");
            if (parameter.Value.Length > 0 && secret.Length > 0)
                violations.Add($"{at}.secret_value", "must not be set together with value.");
            if (parameter.Value.Length == 0 && secret.Length == 0)
                violations.Add($"{at}.secret_value", "is required, unless value is set.");
        }
    }

    private static string? CheckName(string name, OAuth2ClientCredentials oauth) => name switch
    {
        "" => "is required.",
        Scope when oauth.Scopes.Count > 0 => "is set by scopes; use one of the two.",
        "client_secret" => "is set by client_secret; CLIENT_AUTHENTICATION_FORM sends it in the form.",
        // Some endpoints want the id in the form as well.
        "client_id" when oauth.ClientAuthentication is ClientAuthentication.Unspecified or ClientAuthentication.Form =>
            "is set by client_id, which CLIENT_AUTHENTICATION_FORM sends in the form.",
        _ => null,
    };

    private static string ValueOf(TokenParameter parameter) =>
        parameter.Value.Length > 0 ? parameter.Value : parameter.SecretValue?.Plaintext ?? "";
}
