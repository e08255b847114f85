using Actions.Server.Tests.Lifecycle;
using Actions.V1;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Actions.Server.Tests.Preparation;

/// <summary>Over TLS, with a server of its own that trusts the API.</summary>
public sealed class SecurePrepareTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(HttpProtocols.Http1, "HTTP/1.1")]
    [InlineData(HttpProtocols.Http1AndHttp2, "HTTP/2")]
    public async Task OverTls_HandshakeAheadAndNoRequest(HttpProtocols protocols, string spoken)
    {
        await using var api = await SecureApi.StartAsync(protocols);
        await using var server = await ServerProcess.StartAsync(new() { [api.Trust.Key] = api.Trust.Value }, Token);
        var configs = new ActionConfigService.ActionConfigServiceClient(server.Channel);
        var actions = new ActionService.ActionServiceClient(server.Channel);
        var stored = await configs.CreateActionConfigAsync(
            new() { ActionConfig = AnAction.Calling(api.Url) }, cancellationToken: Token);

        var (prepared, givenUp) = await PrepareAsync(actions, stored.ActionConfig.Id);

        prepared.Steps.Select(step => (step.Kind, step.Failure)).ShouldBe(
        [
            (PreparationKind.Compile, FailureReason.Unspecified),
            (PreparationKind.Connect, FailureReason.Unspecified),
            (PreparationKind.Tls, FailureReason.Unspecified),
        ]);
        api.Requests.ShouldBe(0);

        for (var i = 1; i <= 2; i++)
        {
            using var call = actions.Execute(
                new() { Id = stored.ActionConfig.Id, BodyView = BodyView.Full }, cancellationToken: Token);
            (await call.ReadToEndAsync())[^1].Result.Body.ToStringUtf8().ShouldBe(spoken);
        }

        api.Requests.ShouldBe(2);
        api.Connections.ShouldBeLessThanOrEqualTo(1 + givenUp);
        (await PrepareAsync(actions, stored.ActionConfig.Id)).Action.Steps.ShouldAllBe(step => step.ReadyBefore);
    }

    [Theory]
    [InlineData(HttpProtocols.Http1, "HTTP/1.1 Bearer HTTP/1.1")]
    [InlineData(HttpProtocols.Http1AndHttp2, "HTTP/2 Bearer HTTP/1.1")]
    public async Task TokenFromTheSameHost_BothInTheirVersionOfHttp(HttpProtocols protocols, string spoken)
    {
        await using var api = await SecureApi.StartAsync(protocols);
        await using var server = await ServerProcess.StartAsync(new() { [api.Trust.Key] = api.Trust.Value }, Token);
        var configs = new ActionConfigService.ActionConfigServiceClient(server.Channel);
        var actions = new ActionService.ActionServiceClient(server.Channel);
        var action = AnAction.Calling(api.Url);
        action.Authentication = new()
        {
            Oauth2ClientCredentials = new()
            {
                TokenUrl = $"{api.Url}/token",
                ClientId = "client",
                ClientSecret = new() { Plaintext = "a secret of the client" },
            },
        };
        var stored = await configs.CreateActionConfigAsync(new() { ActionConfig = action }, cancellationToken: Token);

        var (prepared, _) = await PrepareAsync(actions, stored.ActionConfig.Id);
        using var call = actions.Execute(
            new() { Id = stored.ActionConfig.Id, BodyView = BodyView.Full }, cancellationToken: Token);

        prepared.Steps.ShouldAllBe(step => step.Failure == FailureReason.Unspecified);
        (await call.ReadToEndAsync())[^1].Result.Body.ToStringUtf8().ShouldBe(spoken);
    }

    /// <summary>On a busy machine a handshake may take longer than the server waits: it is asked again then.</summary>
    private static async Task<(PreparedAction Action, int GivenUp)> PrepareAsync(
        ActionService.ActionServiceClient actions, string id)
    {
        for (var givenUp = 0; ; givenUp++)
        {
            var prepared = await actions.PrepareAsync(new() { Ids = { id } }, cancellationToken: Token);
            if (givenUp == 9 || prepared.Actions[0].Steps.All(step => step.Failure != FailureReason.Timeout))
                return (prepared.Actions[0], givenUp);
        }
    }
}
