using System.Net;
using System.Security.Cryptography;
using Actions.Server.Tests.Secrets;
using Grpc.Health.V1;

namespace Actions.Server.Tests.Servers;

/// <summary>
/// What a server does beyond <see cref="StoreOutageContract"/> with a store on the network, which may not be there at
/// the start
/// and may stand still.
/// </summary>
public abstract class AwaitedStoreContract : StoreOutageContract
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>It takes connections and answers nothing.</summary>
    protected abstract Task FreezeStoreAsync();

    protected abstract Task ResumeStoreAsync();

    [Fact]
    public async Task ServerStartedWithoutItsStore_BecomesReadyWhenThatIsThere()
    {
        await using var upstream = Echoing();
        await StopStoreAsync();

        await StartAsync(isReady: false);

        (await Server.GetAsync("/healthz", Token)).ShouldBe((HttpStatusCode.OK, "ok"));
        (await ReadyAsync()).ShouldBe((HttpStatusCode.ServiceUnavailable, "starting: the store is not there yet"));
        (await Server.GetAsync("/readyz?exclude=store", Token)).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        foreach (var refusal in new[]
        {
            await Refusal.OfAsync(Actions.Execute(new() { Id = "x" }, cancellationToken: Token)),
            await Refusal.OfAsync(Configs.ListActionConfigsAsync(new(), cancellationToken: Token)),
            await Refusal.OfAsync(Configs.CreateActionConfigAsync(new() { ActionConfig = AnAction.Any() }, cancellationToken: Token)),
            await Refusal.OfAsync(new V1.ApiKeyService.ApiKeyServiceClient(Server.Channel).ListApiKeysAsync(new(), cancellationToken: Token)),
        })
        {
            refusal.ShouldBe(Grpc.Core.StatusCode.Unavailable, Unavailable);
            refusal.RetryDelay.ShouldBe(TimeSpan.FromSeconds(1));
        }

        await StartStoreAsync();
        var taken = await Eventually.TrueAsync(async () => await ReadyAsync() == (HttpStatusCode.OK, "ready"));
        Print($"ready {taken.TotalSeconds:0.00} s after the store");
        (await HealthAsync()).ShouldBe(HealthCheckResponse.Types.ServingStatus.Serving);
        // With a key ring, too.
        var action = await CreateAsync($"{upstream.Url}/secured", Credential.ApiKey("first"));
        (await OutcomeAsync(action)).ShouldBe("/secured");
        // Data Protection looked at nothing before its time.
        Server.Output.ShouldNotContain("Microsoft.AspNetCore.DataProtection");
    }

    [Fact]
    public async Task ServerBeyondLoopbackThatFindsNoKeyAfterAll_EndsAsAtTheStart()
    {
        await StopStoreAsync();
        await StartAsync(
            new()
            {
                ["Kestrel:Endpoints:Grpc:Url"] = "http://0.0.0.0:0",
                ["Access:TlsEndedByProxy"] = "true",
                ["Secrets:KeyEncryptionKey"] = TestKeys.Base64(),
            },
            isReady: false);

        await StartStoreAsync();

        await ShouldEndAsync("Kestrel:Endpoints:Grpc:Url is an address beyond loopback, and there is no key: every client would be admin.");
    }

    [Fact]
    public async Task ServerThatFindsAKeyRingItCanNotRead_EndsAsAtTheStart()
    {
        await StartAsync(new() { ["Secrets:KeyEncryptionKey"] = TestKeys.Base64() });
        await StopAsync();
        await StopStoreAsync();
        await StartAsync(new() { ["Secrets:KeyEncryptionKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) }, isReady: false);

        await StartStoreAsync();

        await ShouldEndAsync("which is not among the settings.");
    }

    [Fact]
    public async Task StoreThatStandsStill_HoldsUpNobodyWhoDoesNotNeedIt()
    {
        await using var upstream = Echoing();
        await StartAsync();
        var cached = await CreateAsync($"{upstream.Url}/cached");
        var other = await CreateAsync($"{upstream.Url}/other");
        (await OutcomeAsync(cached)).ShouldBe("/cached");

        await FreezeStoreAsync();
        var began = TimeProvider.System.GetTimestamp();
        var calls = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => OutcomeAsync(other)));
        Print($"300 calls of one action that isn't cached, refused after {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.00} s");

        calls.Distinct().ShouldHaveSingleItem().ShouldBe(Unavailable);
        // 2 s are the time-out; ten of them would be one after the other.
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(20));
        (await OutcomeAsync(cached)).ShouldBe("/cached");
        await Eventually.TrueAsync(async () => await ReadyAsync() == (HttpStatusCode.ServiceUnavailable, "store unavailable"));
        await ShouldBeRefusedAtOnceAsync(other);
        (await OutcomeAsync(cached)).ShouldBe("/cached");

        await ResumeStoreAsync();
        await Eventually.TrueAsync(async () => await ReadyAsync() == (HttpStatusCode.OK, "ready"));
        (await OutcomeAsync(other)).ShouldBe("/other");
    }

    private async Task ShouldEndAsync(string reason)
    {
        (await Server.WaitForExitAsync(Token).WaitAsync(Patience, TimeProvider.System, Token)).ShouldBe(1, Server.Output);
        await Eventually.TrueAsync(() => Task.FromResult(Server.Output.Contains("The server can't start: ")));
        var line = Server.Output.Split('\n').Where(line => line.StartsWith("The server can't start: ", StringComparison.Ordinal)).ShouldHaveSingleItem();
        line.ShouldContain(reason);
        Server.Output.ShouldNotContain("Unhandled exception");
        Server.Output.ShouldNotContain("fail: ");
        Server.Output.ShouldNotContain("crit: ");
    }
}
