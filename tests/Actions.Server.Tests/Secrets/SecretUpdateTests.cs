using Actions.V1;

namespace Actions.Server.Tests.Secrets;

public sealed class SecretUpdateTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("authentication")]
    [InlineData("authentication.api_key")]
    [InlineData("authentication.api_key.name")]
    [InlineData("authentication.api_key.value")]
    [InlineData("authentication.api_key.value.plaintext")]
    [InlineData("authentication.api_key.value.is_set")]
    [InlineData("description")]
    public async Task EmptySecret_KeepsTheStoredOne(string path)
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await CreateAsync(upstream, Credential.ApiKey("first"));
        var change = action.Clone();
        change.Etag = "";
        change.Description = "Newer.";
        change.Authentication.ApiKey.Value.IsSet = false;

        var updated = await _server.UpdateAsync(change, path.Length == 0 ? [] : [path]);

        updated.Authentication.ShouldBe(action.Authentication);
        (await KeySentAsync(action, upstream)).ShouldBe("first");
    }

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("authentication")]
    [InlineData("authentication.api_key")]
    [InlineData("authentication.api_key.value")]
    [InlineData("authentication.api_key.value.plaintext")]
    public async Task NewSecret_ReplacesTheStoredOne(string path)
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await CreateAsync(upstream, Credential.ApiKey("first"));
        var change = action.Clone();
        change.Authentication.ApiKey.Value.Plaintext = "second";

        var updated = await _server.UpdateAsync(change, path.Length == 0 ? [] : [path]);

        updated.Authentication.ShouldBe(action.Authentication);
        (await KeySentAsync(action, upstream)).ShouldBe("second");
    }

    [Fact]
    public async Task RestOfTheMethod_ChangesWithoutTheSecret()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await CreateAsync(upstream, Credential.ApiKey("first"));
        // As a page that was never told of a secret would send it.
        var change = new ActionConfig { Id = action.Id, Authentication = new() { ApiKey = new() { Name = "key", Location = Location.Query } } };

        await _server.UpdateAsync(change, "authentication");

        await _server.ExecuteAsync(new() { Id = action.Id });
        (await upstream.NextRequestAsync(Token)).Query.ShouldBe("key=first");
    }

    [Theory]
    [InlineData("*")]
    [InlineData("authentication")]
    [InlineData("authentication.bearer_token")]
    public async Task AnotherMethod_NeedsASecretOfItsOwn(string path)
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await CreateAsync(upstream, Credential.ApiKey("first"));
        var change = action.Clone();
        change.Etag = "";
        change.Authentication = Credential.Bearer("");

        await ShouldNeedAsync(change, path, "action_config.authentication.bearer_token.token");
        (await KeySentAsync(action, upstream)).ShouldBe("first");

        change.Authentication = Credential.Bearer("second");
        (await _server.UpdateAsync(change, path)).Authentication.BearerToken.Token.ShouldBe(new Secret { IsSet = true });
        await _server.ExecuteAsync(new() { Id = action.Id });
        (await upstream.NextRequestAsync(Token)).Header("Authorization").ShouldBe("Bearer second");

        // The first one is gone for good.
        change.Authentication = Credential.ApiKey("");
        await ShouldNeedAsync(change, "authentication", "action_config.authentication.api_key.value");
    }

    [Fact]
    public async Task RemovedAuthentication_SendsNothingAndForgetsTheSecret()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await CreateAsync(upstream, Credential.ApiKey("first"));

        (await _server.UpdateAsync(new() { Id = action.Id }, "authentication")).Authentication.ShouldBeNull();

        (await KeySentAsync(action, upstream)).ShouldBeNull();
        await ShouldNeedAsync(
            new() { Id = action.Id, Authentication = Credential.ApiKey("") }, "authentication", "action_config.authentication.api_key.value");
    }

    [Fact]
    public async Task CheckedUpdate_ChangesNothing()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await CreateAsync(upstream, Credential.ApiKey("first"));

        await _server.Configs.UpdateActionConfigAsync(
            new() { ActionConfig = new() { Id = action.Id, Authentication = Credential.ApiKey("second") }, ValidateOnly = true },
            cancellationToken: Token);

        (await KeySentAsync(action, upstream)).ShouldBe("first");
    }

    [Fact]
    public async Task UpdatesThatRace_NeverBringAnOldSecretBack()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await CreateAsync(upstream, Credential.ApiKey("first"));
        var second = _server.UpdateAsync(new() { Id = action.Id, Authentication = Credential.ApiKey("second") });
        // Without an etag each is repeated on what another has just written.
        var empty = Enumerable.Range(0, 30).Select(i => _server.UpdateAsync(
            new() { Id = action.Id, Description = $"{i}", Authentication = Credential.ApiKey("") }, "description", "authentication"));

        await Task.WhenAll([second, .. empty]);

        (await KeySentAsync(action, upstream)).ShouldBe("second");
    }

    [Fact]
    public async Task Draft_TakesEmptySecretsFromTheStoredActionOfItsId()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await CreateAsync(upstream, Credential.ApiKey("first"));
        var draft = action.Clone();
        draft.Name = AnAction.FreeName();

        var response = await _server.Configs.InitializeAsync(new() { Draft = draft }, cancellationToken: Token);

        (await upstream.NextRequestAsync(Token)).Header("X-Key").ShouldBe("first");
        response.Request.Headers.ShouldContain(new Header { Name = "X-Key", Value = "MASKED" });
        response.ToString().ShouldNotContain("first");
        (await _server.GetAsync(action.Id)).ShouldBe(action);

        draft.Authentication.ApiKey.Value = new() { Plaintext = "own" };
        await _server.Configs.InitializeAsync(new() { Draft = draft }, cancellationToken: Token);
        (await upstream.NextRequestAsync(Token)).Header("X-Key").ShouldBe("own");
        (await KeySentAsync(action, upstream)).ShouldBe("first");
    }

    [Fact]
    public async Task DraftWithoutASecretToTake_IsRefused()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await CreateAsync(upstream, Credential.ApiKey("first"));
        var draft = action.Clone();

        draft.Id = "";
        (await RefusalAsync(draft)).ShouldBeViolationOf("draft.authentication.api_key.value");
        draft.Id = action.Id;
        draft.Authentication = Credential.Bearer("");
        (await RefusalAsync(draft)).ShouldBeViolationOf("draft.authentication.bearer_token.token");
        draft.Id = "nobody";
        (await RefusalAsync(draft)).ShouldBe(Grpc.Core.StatusCode.NotFound, "ERROR_REASON_ACTION_NOT_FOUND", ("id", "nobody"));

        upstream.Requests.ShouldBeEmpty();
    }

    private Task<ActionConfig> CreateAsync(RawUpstream upstream, Authentication authentication)
    {
        var action = AnAction.Calling(upstream.Url);
        action.Authentication = authentication;
        return _server.CreateAsync(action);
    }

    private async Task<string?> KeySentAsync(ActionConfig action, RawUpstream upstream)
    {
        (await _server.ExecuteAsync(new() { Id = action.Id }))[^1].Result.ShouldNotBeNull();
        return (await upstream.NextRequestAsync(Token)).Header("X-Key");
    }

    private async Task ShouldNeedAsync(ActionConfig change, string path, string field) =>
        (await Refusal.OfAsync(_server.Configs.UpdateActionConfigAsync(
            new() { ActionConfig = change, UpdateMask = new() { Paths = { path } } }, cancellationToken: Token))).ShouldBeViolationOf(field);

    private async Task<Refusal> RefusalAsync(ActionConfig draft) =>
        await Refusal.OfAsync(_server.Configs.InitializeAsync(new() { Draft = draft }, cancellationToken: Token));
}
