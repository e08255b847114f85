using Actions.Engine.Limits;
using Actions.Engine.Tests.Outbound.Authentication;
using Actions.V1;

namespace Actions.Engine.Tests.Compilation;

public sealed class AuthenticationCompilerTests
{
    [Fact]
    public void Unset_NoneNeeded() => Compiled.Sound().ShouldCompile();

    [Fact]
    public void NoMethod_Violation() => With(new V1.Authentication()).ShouldViolate("authentication", "has no method");

    public static TheoryData<V1.Authentication> Sound => new()
    {
        Methods.ApiKey("X-Api-Key", "k"),
        Methods.ApiKey("k", "k", Location.Query),
        Methods.ApiKey("any name at all", "k", Location.Query),
        Methods.Bearer("t"),
        Methods.Bearer("t", Location.Query),
        Methods.Basic("u", "p"),
        Methods.Basic("", "p:q"),
        Methods.OAuth2("https://login.example.com/token?tenant=1", "id", "s", "a", "b:c/d!#[]"),
    };

    [Theory]
    [MemberData(nameof(Sound))]
    public void EachKind_Compiles(V1.Authentication authentication) => With(authentication).ShouldCompile();

    [Fact]
    public void SecretsMissing_EachAViolation()
    {
        With(Methods.ApiKey("X-Api-Key", "")).ShouldViolate("authentication.api_key.value", "is required");
        With(new V1.Authentication { ApiKey = new ApiKey { Name = "k" } }).ShouldViolate("authentication.api_key.value", "is required");
        With(Methods.Bearer("")).ShouldViolate("authentication.bearer_token.token", "is required");
        With(Methods.Basic("", "")).ShouldViolate("authentication.basic_credentials.password", "is required");
        // Some APIs take their key as the name, and no password.
        With(Methods.Basic("u", "")).ShouldCompile();
        With(Methods.OAuth2("https://a.example", "", "")).ShouldViolateAll(
            "authentication.oauth2_client_credentials.client_id", "authentication.oauth2_client_credentials.client_secret");
    }

    [Theory]
    [InlineData("a\r\nX-Evil: 1")]
    [InlineData("a\n")]
    [InlineData("a\0")]
    [InlineData("\u007f")]
    public void SecretWithControlCharacters_Violation(string secret)
    {
        With(Methods.ApiKey("X-Api-Key", secret)).ShouldViolate("authentication.api_key.value", "control characters");
        With(Methods.Bearer(secret)).ShouldViolate("authentication.bearer_token.token", "control characters");
        With(Methods.Basic("u", secret)).ShouldViolate("authentication.basic_credentials.password", "control characters");
        With(Methods.OAuth2("https://a.example", "i", secret)).ShouldViolate("authentication.oauth2_client_credentials.client_secret", "control characters");
    }

    [Fact]
    public void SecretTooLong_ViolationThatDoesNotQuoteIt()
    {
        var violations = Should.Throw<InvalidFieldsException>(With(Methods.Bearer(new string('s', 8_001))).ShouldCompile);

        violations.Violations.ShouldHaveSingleItem().Description.ShouldBe("has 8001 characters; at most 8000 are allowed.");
        violations.Message.ShouldNotContain("ss");
    }

    [Theory]
    [InlineData("", "is required")]
    [InlineData("X Key", "must contain only letters")]
    [InlineData("X-Key:", "must contain only letters")]
    [InlineData("Schlüssel", "must contain only letters")]
    [InlineData("Host", "set by the server")]
    [InlineData("content-length", "set by the server")]
    [InlineData("Proxy-Authorization", "set by the server")]
    public void ApiKeyHeaderName_MustBeAHeadersOwn(string name, string wrong) =>
        With(Methods.ApiKey(name, "k")).ShouldViolate("authentication.api_key.name", wrong);

    [Fact]
    public void ApiKeyQueryNameEmpty_Violation() =>
        With(Methods.ApiKey("", "k", Location.Query)).ShouldViolate("authentication.api_key.name", "is required");

    [Fact]
    public void LocationUnknown_Violation()
    {
        With(Methods.ApiKey("k", "k", (Location)7)).ShouldViolate("authentication.api_key.location", "LOCATION_QUERY");
        With(Methods.Bearer("k", (Location)7)).ShouldViolate("authentication.bearer_token.location", "LOCATION_QUERY");
    }

    [Theory]
    [InlineData("a:b")]
    [InlineData("a\nb")]
    public void BasicUserName_WithoutColonAndControlCharacters(string name) =>
        With(Methods.Basic(name, "p")).ShouldViolate("authentication.basic_credentials.username", "colon");

    [Theory]
    [InlineData("")]
    [InlineData("login.example.com")]
    [InlineData("ftp://login.example.com")]
    [InlineData("https://user:pass@login.example.com/")]
    [InlineData("https://login.example.com/#x")]
    [InlineData("https://login.example.com/a b")]
    [InlineData("https://:80/")]
    public void TokenUrl_MustBeAnAddress(string url) =>
        With(Methods.OAuth2(url)).ShouldViolate("authentication.oauth2_client_credentials.token_url");

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\"b")]
    [InlineData("a\\b")]
    [InlineData("größe")]
    public void Scope_VisibleAscii(string scope) =>
        With(Methods.OAuth2("https://a.example", "i", "s", "ok", scope)).ShouldViolate("authentication.oauth2_client_credentials.scopes");

    [Theory]
    [InlineData("X-Api-Key", "x-api-key")]
    [InlineData("x-key", "X-KEY")]
    public void HandWrittenHeaderOfTheKeysName_Violation(string name, string header) =>
        With(Methods.ApiKey(name, "k"), header).ShouldViolate("request.headers[0].name", "set by the authentication");

    [Fact]
    public void HandWrittenAuthorization_ViolationBesideEveryKindThatWritesIt()
    {
        foreach (var authentication in (V1.Authentication[])[Methods.Bearer("t"), Methods.Basic("u", "p"), Methods.OAuth2("https://a.example")])
            With(authentication, "authorization").ShouldViolate("request.headers[0].name", "set by the authentication");
    }

    [Fact]
    public void HandWrittenAuthorization_WelcomeBesideTheOthers()
    {
        foreach (var authentication in (V1.Authentication?[])[null, Methods.ApiKey("X-Key", "k"), Methods.ApiKey("Authorization", "k", Location.Query), Methods.Bearer("t", Location.Query)])
            With(authentication, "Authorization").ShouldCompile();
    }

    [Theory]
    [InlineData("k")]
    [InlineData("access_token")]
    public void QueryParameterOfTheCredentialsName_Violation(string name)
    {
        var config = With(name == "k" ? Methods.ApiKey("k", "s", Location.Query) : Methods.Bearer("s", Location.Query));
        config.Request.QueryParameters.Add(new QueryParameter { Name = "K", Value = "1" });
        config.Request.QueryParameters.Add(new QueryParameter { Name = name, Value = "1" });

        config.ShouldViolate("request.query_parameters[1].name", "set by the authentication");
    }

    private static ActionConfig With(V1.Authentication? authentication, string? header = null)
    {
        var config = Compiled.Sound();
        config.Authentication = authentication;
        if (header is not null)
            config.Request.Headers.Add(new Header { Name = header, Value = "x" });
        return config;
    }
}
