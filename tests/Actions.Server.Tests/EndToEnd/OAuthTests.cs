using Actions.Server.Tests.Secrets;
using Actions.V1;

namespace Actions.Server.Tests.EndToEnd;

public sealed class OAuthTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    [Fact]
    public async Task Token_IsFetchedOnceAndFetchedAgainWhenTheApiRefusesIt()
    {
        var (tokens, good) = (0, "t1");
        await using var upstream = RawUpstream.Answering(request => request switch
        {
            { Path: "/token" } => RawUpstream.Response(
                $$"""{"access_token": "t{{Interlocked.Increment(ref tokens)}}", "token_type": "bearer", "expires_in": 3600}"""),
            _ when request.Header("Authorization") == $"Bearer {good}" => RawUpstream.Response("{}"),
            _ => RawUpstream.Response("", status: "401 Unauthorized"),
        });
        var action = await CreateAsync(upstream);

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => ShouldSucceedAsync(action)));

        var ask = upstream.Requests.Where(request => request.Path == "/token").ShouldHaveSingleItem();
        (ask.Method, ask.Text).ShouldBe(("POST", "grant_type=client_credentials&scope=orders+customers"));
        ask.Header("Authorization").ShouldBe($"Basic {Credential.Base64($"voice:{Uri.EscapeDataString(Credential.Secret)}")}");

        good = "t2";
        await ShouldSucceedAsync(action);
        tokens.ShouldBe(2);
    }

    [Fact]
    public async Task EndpointThatWantsTheSecretInTheBody_GetsItThere()
    {
        await using var upstream = RawUpstream.Answering(request => request switch
        {
            { Path: "/token" } when request.Text.Contains("client_secret=") => RawUpstream.Response("""{"access_token": "t0ken"}"""),
            { Path: "/token" } => RawUpstream.Response("""{"error": "invalid_client"}""", status: "401 Unauthorized"),
            _ => RawUpstream.Response("{}"),
        });

        await ShouldSucceedAsync(await CreateAsync(upstream));

        var ask = upstream.Requests.Last(request => request.Path == "/token");
        ask.Header("Authorization").ShouldBeNull();
        ask.Text.ShouldBe(
            $"grant_type=client_credentials&scope=orders+customers&client_id=voice&client_secret={Uri.EscapeDataString(Credential.Secret)}");
    }

    [Fact]
    public async Task EndpointThatGivesNoToken_IsAnAuthenticationFailureThatTellsNoSecret()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response(
            $"{{\"error\": \"invalid_client\", \"error_description\": \"no client has {Credential.Secret}\"}}", status: "400 Bad Request"));
        var action = await CreateAsync(upstream);

        var failure = (await _server.ExecuteAsync(new() { Id = action.Id }))[^1].Failure.ShouldNotBeNull();
        var shown = (await _server.Configs.InitializeAsync(
            new() { Id = action.Id }, cancellationToken: TestContext.Current.CancellationToken)).Failure.ShouldNotBeNull();

        (failure.Reason, failure.StatusCode, failure.Message).ShouldBe((FailureReason.Authentication, 0, "I can't log in."));
        shown.Reason.ShouldBe(FailureReason.Authentication);
        failure.Detail.ShouldBe("The token endpoint answered with status 400: invalid_client, no client has MASKED.");
        $"{failure} {shown}".ShouldNotContain("s3cret");
        upstream.Requests.ShouldAllBe(request => request.Path == "/token");
    }

    private Task<ActionConfig> CreateAsync(RawUpstream upstream)
    {
        var action = AnAction.Calling($"{upstream.Url}/orders");
        action.Authentication = Credential.OAuth(upstream.Url, Credential.Secret);
        action.Messages = new()
        {
            FailureMessages = { ["FAILURE_REASON_AUTHENTICATION"] = "I can't log in." },
        };
        return _server.CreateAsync(action);
    }

    private async Task ShouldSucceedAsync(ActionConfig action) =>
        (await _server.ExecuteAsync(new() { Id = action.Id }))[^1].Result.ShouldNotBeNull();
}
