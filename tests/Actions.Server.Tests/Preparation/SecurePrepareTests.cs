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

        var prepared = await actions.PrepareAsync(new() { Ids = { stored.ActionConfig.Id } }, cancellationToken: Token);

        prepared.Actions[0].Steps.Select(step => (step.Kind, step.Failure, step.ReadyBefore)).ShouldBe(
        [
            (PreparationKind.Compile, FailureReason.Unspecified, false),
            (PreparationKind.Connect, FailureReason.Unspecified, false),
            (PreparationKind.Tls, FailureReason.Unspecified, false),
        ]);
        api.Requests.ShouldBe(0);

        for (var i = 1; i <= 2; i++)
        {
            using var call = actions.Execute(
                new() { Id = stored.ActionConfig.Id, BodyView = BodyView.Full }, cancellationToken: Token);
            (await call.ReadToEndAsync())[^1].Result.Body.ToStringUtf8().ShouldBe(spoken);
        }

        (api.Connections, api.Requests).ShouldBe((1, 2));
        var again = await actions.PrepareAsync(new() { Ids = { stored.ActionConfig.Id } }, cancellationToken: Token);
        again.Actions[0].Steps.ShouldAllBe(step => step.ReadyBefore);
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

        var prepared = await actions.PrepareAsync(new() { Ids = { stored.ActionConfig.Id } }, cancellationToken: Token);
        using var call = actions.Execute(
            new() { Id = stored.ActionConfig.Id, BodyView = BodyView.Full }, cancellationToken: Token);

        prepared.Actions[0].Steps.ShouldAllBe(step => step.Failure == FailureReason.Unspecified);
        (await call.ReadToEndAsync())[^1].Result.Body.ToStringUtf8().ShouldBe(spoken);
    }
}
