using Actions.V1;

namespace Actions.Server.Tests.Secrets;

/// <summary>Whoever may change an action can't have its secret sent to a place of his own.</summary>
public sealed class SecretOriginTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Field = "action_config.authentication.api_key.value";

    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("https://other.example.com/orders")]
    [InlineData("https://api.example.com:8443/orders")]
    [InlineData("https://api.example.com.attacker.example/orders")]
    [InlineData("https://api.example.com./orders")]
    [InlineData("https://xn--api-eza.example.com/orders")]
    public async Task ChangedOrigin_NeedsTheSecretAgain(string url)
    {
        var action = await CreateAsync("https://api.example.com/orders", Credential.ApiKey("first"));

        foreach (var path in new[] { "request.url", "request", "*" })
        {
            var change = action.Clone();
            change.Etag = "";
            change.Request.Url = url;
            var refusal = await RefusalAsync(change, path);
            refusal.ShouldBeViolationOf(Field);
            refusal.Text.ShouldContain("has to be entered again");
        }

        (await _server.GetAsync(action.Id)).ShouldBe(action);
        var moved = action.Clone();
        moved.Request.Url = url;
        moved.Authentication = Credential.ApiKey("second");
        (await _server.UpdateAsync(moved)).Request.Url.ShouldBe(url);
    }

    [Theory]
    [InlineData("https://api.example.com/other/{id}?q={id}")]
    [InlineData("HTTPS://API.example.com:443/orders")]
    public async Task SameOrigin_KeepsTheSecret(string url)
    {
        var action = await CreateAsync("https://api.example.com/orders", Credential.ApiKey("first"));

        (await _server.UpdateAsync(new() { Id = action.Id, Request = new() { Url = url } })).Authentication.ApiKey.Value.IsSet.ShouldBeTrue();
    }

    [Fact]
    public async Task ChangedOrigin_IsNamedBesideWhatElseIsWrong()
    {
        var action = await CreateAsync("https://api.example.com/orders", Credential.ApiKey("first"));
        var change = new ActionConfig { Id = action.Id, Name = " ", Request = new() { Url = "https://other.example.com/" } };

        (await RefusalAsync(change)).ShouldBeViolationOf("action_config.name", Field);
        // No address at all is no other origin's.
        change = new ActionConfig { Id = action.Id, Request = new() { Url = "nowhere" } };
        (await RefusalAsync(change)).ShouldBeViolationOf("action_config.request.url", Field);
    }

    [Theory]
    [InlineData("https://login.example.com/token", "https://elsewhere.example.com/")]
    [InlineData("https://login.attacker.example/token", "https://api.example.com/")]
    public async Task OAuth2_LooksAtBothOrigins(string tokenUrl, string url)
    {
        var action = await CreateAsync("https://api.example.com/orders", Credential.OAuth("https://login.example.com", "first"));
        var change = action.Clone();
        change.Etag = "";
        change.Request.Url = url;
        change.Authentication.Oauth2ClientCredentials.TokenUrl = tokenUrl;

        (await RefusalAsync(change)).ShouldBeViolationOf("action_config.authentication.oauth2_client_credentials.client_secret");

        change.Request.Url = "https://api.example.com/v2/orders";
        change.Authentication.Oauth2ClientCredentials.TokenUrl = "https://login.example.com/v2/token";
        (await _server.UpdateAsync(change)).Request.Url.ShouldBe(change.Request.Url);
    }

    [Fact]
    public async Task BasicCredentials_NeedThePasswordAgainThoughItMayBeEmpty()
    {
        var action = await CreateAsync("https://api.example.com/orders", Credential.Basic("first"));

        (await RefusalAsync(new() { Id = action.Id, Request = new() { Url = "https://other.example.com/" } }))
            .ShouldBeViolationOf("action_config.authentication.basic_credentials.password");
    }

    [Fact]
    public async Task DraftOfAStoredAction_SendsItsSecretToTheSameOriginOnly()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var attacker = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await CreateAsync(upstream.Url, Credential.ApiKey("first"));
        var draft = action.Clone();
        draft.Request.Url = attacker.Url;

        var refusal = await Refusal.OfAsync(_server.Configs.InitializeAsync(new() { Draft = draft }, cancellationToken: Token));

        refusal.ShouldBeViolationOf("draft.authentication.api_key.value");
        attacker.Requests.ShouldBeEmpty();
        draft.Request.Url = $"{upstream.Url}/other";
        (await _server.Configs.InitializeAsync(new() { Draft = draft }, cancellationToken: Token)).Sample.ShouldNotBeNull();
    }

    private Task<ActionConfig> CreateAsync(string url, Authentication authentication)
    {
        var action = AnAction.Calling(url);
        action.Authentication = authentication;
        return _server.CreateAsync(action);
    }

    private async Task<Refusal> RefusalAsync(ActionConfig change, params IEnumerable<string> paths) =>
        await Refusal.OfAsync(_server.Configs.UpdateActionConfigAsync(
            new() { ActionConfig = change, UpdateMask = new() { Paths = { paths } } }, cancellationToken: Token));
}
