using Actions.Engine.Tests;
using Actions.V1;

namespace Actions.Server.Tests.Secrets;

/// <summary>What is encrypted for one action is of no use in another.</summary>
public sealed class SecretPurposeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CiphertextOfAnotherAction_IsNotRead()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var server = await RunningServer.StartAsync();
        var first = await server.CreateAsync(Secured(upstream.Url));
        var second = await server.CreateAsync(Secured(upstream.Url));

        // By somebody who can write to the store, but has no keys.
        var (stored, other) = (DatabaseFile.Action(server.DatabasePath, first.Id), DatabaseFile.Action(server.DatabasePath, second.Id));
        stored.Authentication = other.Authentication;
        DatabaseFile.Write(server.DatabasePath, stored);

        var refusal = await Refusal.OfAsync(server.Actions.Execute(new() { Id = first.Id }, cancellationToken: Token));
        refusal.Reason.ShouldBe("ERROR_REASON_SECRET_UNREADABLE");
        upstream.Requests.ShouldBeEmpty();
        (await server.ExecuteAsync(new() { Id = second.Id }))[^1].Result.ShouldNotBeNull();
    }

    private static ActionConfig Secured(string url)
    {
        var action = AnAction.Calling(url);
        action.Authentication = Credential.ApiKey("first");
        return action;
    }
}
