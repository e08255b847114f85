using Actions.Server.Lifecycle;
using Actions.Server.Tests.Servers;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Actions.Server.Tests.Conversations;

/// <summary>What executions of a call do while the store is away.</summary>
public sealed class StoreAwayTests : IAsyncLifetime
{
    private readonly HeldApi _api = new();
    private RunningServer _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string CallsFile => Path.ChangeExtension(_server.DatabasePath, null) + "-calls.db";

    public async ValueTask InitializeAsync()
    {
        _api.Answer(10);
        _server = await RunningServer.StartAsync(new()
        {
            ["Server:StoreTimeout"] = "00:00:00.5",
            ["Storage:Sqlite:BusyTimeout"] = "00:01:00",
            ["Readiness:CheckInterval"] = "00:05:00",
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _api.DisposeAsync();
    }

    [Fact]
    public async Task ClaimThatFails_SendsNothing()
    {
        var action = await _server.CreateAsync(Calling.Ordering(_api.Url));
        var call = Calling.NewCall();
        await _server.RunAsync(action.Of(Calling.NewCall()));

        using (await HeldDatabase.HoldAsync(CallsFile))
        {
            var (stream, _) = await _server.BeginAsync(action.Of(call));
            var refusal = await Refusal.OfAsync(stream);
            refusal.ShouldBe(StatusCode.Unavailable, "ERROR_REASON_STORE_UNAVAILABLE");
            refusal.RetryDelay.ShouldBe(TimeSpan.FromSeconds(1));
        }

        _api.Count.ShouldBe(1);
        await Eventually.TrueAsync(async () => await IsSentAsync(action.Of(call)));
        _api.Count.ShouldBe(2);
    }

    [Fact]
    public async Task ClaimThatFails_IsNoObstacleIfTheActionSaysSo()
    {
        var config = Calling.Ordering(_api.Url);
        config.SendUnclaimed = true;
        var action = await _server.CreateAsync(config);
        var call = Calling.NewCall();
        await _server.RunAsync(action.Of(Calling.NewCall()));

        using (await HeldDatabase.HoldAsync(CallsFile))
        {
            (await _server.RunAsync(action.Of(call))).Last.Result.Replayed.ShouldBeFalse();
            // This server knows.
            (await _server.RunAsync(action.Of(call))).Last.Result.Replayed.ShouldBeTrue();
        }

        _api.Count.ShouldBe(2);
    }

    [Fact]
    public async Task StoreThatIsKnownToBeAway_RefusesBeforeStart()
    {
        var action = await _server.CreateAsync(Calling.Ordering(_api.Url));
        var read = await _server.CreateAsync(AnAction.Calling(_api.Url));
        await _server.RunAsync(action.Of(Calling.NewCall()));
        await _server.RunAsync(read.Of(Calling.NewCall()));

        _server.Services.GetRequiredService<ServingStatus>().MoveTo(ServingState.StoreUnavailable);

        var refusal = await Refusal.OfAsync(
            _server.Actions.Execute(action.Of(Calling.NewCall()), cancellationToken: Token));
        refusal.ShouldBe(StatusCode.Unavailable, "ERROR_REASON_STORE_UNAVAILABLE");
        refusal.RetryDelay.ShouldBe(TimeSpan.FromSeconds(1));
        (await _server.RunAsync(read.Of(Calling.NewCall()))).Last.Result.ShouldNotBeNull();
        (await _server.RunAsync(new() { Id = action.Id })).Last.Result.ShouldNotBeNull();
    }

    private async Task<bool> IsSentAsync(V1.ExecuteRequest request)
    {
        try
        {
            return (await _server.RunAsync(request)).Last.Result is not null;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
        {
            return false;
        }
    }
}
