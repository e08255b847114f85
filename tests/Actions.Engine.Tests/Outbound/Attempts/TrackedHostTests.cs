using Actions.Engine.Limits;
using Actions.Engine.Outbound.Attempts;
using Actions.Engine.Outbound.Guard;
using Actions.Engine.Tests.Outbound.Authentication;
using Actions.Engine.Tests.Outbound.Guard;
using Actions.V1;

namespace Actions.Engine.Tests.Outbound.Attempts;

/// <summary>More hosts and tokens than are kept.</summary>
public sealed class TrackedHostTests
{
    private readonly EngineOptions _options = new()
    {
        MaxTrackedHosts = 10,
        MaxCachedTokens = 10,
        MaxCallsPerHost = 1,
        MaxLineLength = 0,
        RetryBudgetFreeExecutions = 0,
    };

    [Fact]
    public async Task HostInUse_KeepsItsLimitWhileOthersAreForgotten()
    {
        await using var api = new RawUpstream(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                if (request.Header("Host")!.StartsWith("held", StringComparison.Ordinal))
                    await connection.HoldAsync();
                else
                    await connection.SendAsync(Answers.Ok);
            }
        });
        var network = new FakeNetwork(_ => FakeNetwork.Addresses("8.8.8.8"), api.Port);
        using var engine = new EngineUnderTest(options: _options, guard: network.Guard(new OutboundOptions { AllowHttp = true }));
        using var cancel = new CancellationTokenSource();
        var held = Configs.Get("http://held.example:8080/");
        var running = engine.Execute(held, cancellationToken: cancel.Token).LastAsync(CancellationToken.None).AsTask();
        await api.NextRequestAsync(engine.Token);

        for (var i = 0; i < 50; i++)
            await engine.ResultAsync(Configs.Get($"http://shop{i}.example:8080/"));

        (await engine.FailureAsync(held)).Reason.ShouldBe(FailureReason.Overloaded);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
    }

    [Fact]
    public void IdleHosts_NoMoreThanTheLimitAreKept()
    {
        var hosts = new UpstreamHosts(_options, TimeProvider.System, Actions.Engine.Telemetry.EngineMetrics.Detached);

        for (var i = 0; i < 50; i++)
            hosts.Release(hosts.Acquire(new HostKey("tests", $"shop{i}")));

        hosts.Count.ShouldBe(10);
    }

    [Fact]
    public void RetryBudget_ForgetsTheLeastRecentlyUsedHost()
    {
        var budget = new RetryBudget(_options, new FakeClock(), Actions.Engine.Telemetry.EngineMetrics.Detached);
        var first = new HostKey("tests", "first");
        budget.CountExecution(first);
        budget.TryTakeRetry(first).ShouldBeFalse();

        for (var i = 0; i < 50; i++)
            budget.CountExecution(new HostKey("tests", $"shop{i}"));

        budget.TryTakeRetry(first).ShouldBeTrue();
    }

    [Fact]
    public async Task Tokens_TheLeastRecentlyUsedIsFetchedAgain()
    {
        using var engine = new EngineUnderTest(options: _options);
        await using var scene = new TokenScene();
        async Task<int> FetchesAsync(int scope)
        {
            var before = scene.Endpoint.Requests.Count;
            var scopes = scene.Config.Authentication.Oauth2ClientCredentials.Scopes;
            scopes.Clear();
            scopes.Add($"scope{scope}");
            await engine.ResultAsync(scene.Config);
            return scene.Endpoint.Requests.Count - before;
        }

        for (var i = 0; i < 30; i++)
            (await FetchesAsync(i)).ShouldBe(1);

        (await FetchesAsync(29)).ShouldBe(0);
        (await FetchesAsync(0)).ShouldBe(1);
    }
}
