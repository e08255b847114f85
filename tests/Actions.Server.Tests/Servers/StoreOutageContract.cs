using System.Net;
using Actions.Server.Tests.Lifecycle;
using Actions.V1;
using Grpc.Health.V1;

namespace Actions.Server.Tests.Servers;

/// <summary>
/// What a server does while its store is away, whatever the engine. An engine's class says where a store of its own
/// lies, and
/// how it is taken away.
/// </summary>
[Collection(nameof(AloneOnTheMachine))]
public abstract class StoreOutageContract : IAsyncLifetime
{
    private protected const string Unavailable = "ERROR_REASON_STORE_UNAVAILABLE";

    // What is refused at once takes milliseconds; this tells it from waiting for a time-out, also on a busy machine.
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    private ServerProcess? _server;

    /// <summary>The settings of a place of this test's own, the same at each call. Keys with colons.</summary>
    protected abstract IReadOnlyDictionary<string, string> Settings { get; }

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected ServerProcess Server => _server!;

    private protected V1.ActionService.ActionServiceClient Actions => new(Server.Channel);

    private protected V1.ActionConfigService.ActionConfigServiceClient Configs => new(Server.Channel);

    /// <summary>Nobody can reach the store from now on. It keeps what it has.</summary>
    protected abstract Task StopStoreAsync();

    /// <summary>It is back, in the same place. Returns when it can be reached.</summary>
    protected abstract Task StartStoreAsync();

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public virtual async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task StoreThatGoesAway_LeavesCachedActionsAndComesBackWithoutARestart()
    {
        await using var upstream = Echoing();
        await StartAsync();
        var cached = await CreateAsync($"{upstream.Url}/cached");
        var other = await CreateAsync($"{upstream.Url}/other");
        (await OutcomeAsync(cached)).ShouldBe("/cached");

        await StopStoreAsync();
        var noticed = await Eventually.TrueAsync(async () => await ReadyAsync() == (HttpStatusCode.ServiceUnavailable, "store unavailable"));

        (await Server.GetAsync("/healthz", Token)).ShouldBe((HttpStatusCode.OK, "ok"));
        (await Server.GetAsync("/readyz?exclude=store", Token)).ShouldBe((HttpStatusCode.OK, "ready, but for the store"));
        (await HealthAsync()).ShouldBe(HealthCheckResponse.Types.ServingStatus.NotServing);
        (await OutcomeAsync(cached)).ShouldBe("/cached");
        (await Outcome.OfAsync(Actions, new() { Name = cached.Name }, Token)).ShouldBe("/cached");
        await ShouldBeRefusedAtOnceAsync(other);

        await StartStoreAsync();
        var returned = await Eventually.TrueAsync(async () => await ReadyAsync() == (HttpStatusCode.OK, "ready"));
        Print($"outage noticed after {noticed.TotalSeconds:0.00} s, its end after {returned.TotalSeconds:0.00} s");
        (await HealthAsync()).ShouldBe(HealthCheckResponse.Types.ServingStatus.Serving);
        (await OutcomeAsync(other)).ShouldBe("/other");
        (await CreateAsync($"{upstream.Url}/new")).Id.ShouldNotBeEmpty();
    }

    private protected static RawUpstream Echoing() =>
        RawUpstream.Answering(request => RawUpstream.Response(request.Target, "text/plain"));

    private protected static void Print(string text) => TestContext.Current.TestOutputHelper!.WriteLine(text);

    private protected async Task StartAsync(Dictionary<string, string>? settings = null, bool isReady = true) =>
        _server = await ServerProcess.StartAsync(new(Settings.Concat(settings ?? [])), Token, isReady);

    private protected async Task StopAsync()
    {
        await Server.DisposeAsync();
        _server = null;
    }

    private protected async Task<ActionConfig> CreateAsync(string url, Authentication? authentication = null)
    {
        var action = AnAction.Calling(url);
        action.Authentication = authentication;
        return (await Configs.CreateActionConfigAsync(new() { ActionConfig = action }, cancellationToken: Token)).ActionConfig;
    }

    private protected Task<string> OutcomeAsync(ActionConfig action) =>
        Outcome.OfAsync(Actions, new() { Id = action.Id }, Token);

    private protected Task<(HttpStatusCode Status, string Body)> ReadyAsync() => Server.GetAsync("/readyz", Token);

    private protected async Task<HealthCheckResponse.Types.ServingStatus> HealthAsync() =>
        (await new Health.HealthClient(Server.Channel).CheckAsync(new(), cancellationToken: Token)).Status;

    /// <summary>The server knows that its store is away.</summary>
    private protected async Task ShouldBeRefusedAtOnceAsync(ActionConfig uncached)
    {
        var refusal = await Refusal.OfAsync(Actions.Execute(new() { Id = uncached.Id }, cancellationToken: Token));
        refusal.ShouldBe(Grpc.Core.StatusCode.Unavailable, Unavailable);
        refusal.RetryDelay.ShouldBe(TimeSpan.FromSeconds(1));
        // The best of a few, since anything may delay one of them.
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var began = TimeProvider.System.GetTimestamp();
            (await OutcomeAsync(uncached)).ShouldBe(Unavailable);
            var taken = TimeProvider.System.GetElapsedTime(began);
            best = taken < best ? taken : best;
        }

        Print($"refused after {best.TotalMilliseconds:0.0} ms");
        best.ShouldBeLessThan(AtOnce);
    }
}
