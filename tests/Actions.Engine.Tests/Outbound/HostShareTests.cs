using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Engine.Tests.Outbound.Attempts;
using Actions.V1;

namespace Actions.Engine.Tests.Outbound;

/// <summary>Whatever calls a host has a part in its workspace's share of it.</summary>
public sealed class HostShareTests
{
    [Fact]
    public async Task Initialize_HasTheLimitOfExecutions()
    {
        using var engine = new EngineUnderTest(options: new EngineOptions { MaxCallsPerHost = 2,
            MaxConnectionsPerHost = 3, MaxLineLength = 0 });
        await using var api = new RawUpstream(async connection =>
        {
            var request = await connection.ReadRequestAsync();
            if (request!.Target.EndsWith("held", StringComparison.Ordinal))
                await connection.HoldAsync();
            else
                await connection.SendAsync(Answers.Ok);
        });
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(engine.Token);
        var plan = engine.Compile(Configs.Get($"{api.Url}/held"));
        var running = Enumerable.Range(0, 20).Select(_ => engine.Engine.InitializeAsync(
            plan, new ExecutionInput("tests", new Dictionary<string, Google.Protobuf.WellKnownTypes.Value>(), "",
                BodyView.Unspecified),
            cancel.Token)).ToList();
        await api.NextRequestAsync(engine.Token);
        await api.NextRequestAsync(engine.Token);

        // All but two are refused at once.
        for (var i = 0; i < 18; i++)
        {
            var ended = await Task.WhenAny(running);
            running.Remove(ended);
            (await ended).Failure.Reason.ShouldBe(FailureReason.Overloaded);
        }

        (await engine.FailureAsync(Configs.Get($"{api.Url}/free"))).Reason.ShouldBe(FailureReason.Overloaded);
        (await engine.OutcomeAsync(Configs.Get($"{api.Url}/free"), workspace: "other")).Result.ShouldNotBeNull();

        await cancel.CancelAsync();
        foreach (var held in running)
            await Should.ThrowAsync<OperationCanceledException>(held);
    }

    [Fact]
    public async Task Redirect_HasAPartInTheShareOfItsTarget()
    {
        using var engine = new EngineUnderTest(options: new EngineOptions { MaxCallsPerHost = 1, MaxLineLength = 0 });
        await using var target = new RawUpstream(connection => connection.HoldAsync());
        await using var api = Answers.InTurn(
            $"HTTP/1.1 302 Found\r\nLocation: {target.Url}/\r\nContent-Length: 0\r\n\r\n");
        var config = Configs.Get(api.Url);
        config.ResponsePolicy = new ResponsePolicy { MaxRedirects = 1 };
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(engine.Token);
        var held = engine.Execute(Configs.Get(target.Url), cancellationToken: cancel.Token).LastAsync(
            CancellationToken.None).AsTask();
        await target.ConnectedAsync(engine.Token);

        (await engine.FailureAsync(config)).Reason.ShouldBe(FailureReason.Overloaded);

        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(held);
    }
}
