using Actions.Engine.Limits;
using Actions.V1;

namespace Actions.Engine.Tests.Outbound.Attempts;

/// <summary>So many calls at once to one host from one workspace, and no more, where nobody may wait.</summary>
public sealed class ConcurrencyLimitTests
{
    [Fact]
    public async Task OneTooMany_OverloadedAtOnceAndFreeWhenOneEnds()
    {
        using var engine = new EngineUnderTest(options: new EngineOptions { MaxCallsPerHost = 2, MaxLineLength = 0 });
        using var answer = new SemaphoreSlim(0);
        await using var api = new RawUpstream(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await answer.WaitAsync(engine.Token);
                await connection.SendAsync(Answers.Ok);
            }
        });
        await using var other = Answers.InTurn(Answers.Ok);
        var config = Configs.Get(api.Url);
        config.Messages = new Messages { FailureMessage = "Sorry." };
        config.RetryPolicy = new RetryPolicy { MaxAttempts = 5 };
        var running = new[] { engine.ResultAsync(config), engine.ResultAsync(config) };
        await api.NextRequestAsync(engine.Token);
        await api.NextRequestAsync(engine.Token);

        var failure = await engine.FailureAsync(config);

        (failure.Reason, failure.Attempts, failure.Retryable).ShouldBe((FailureReason.Overloaded, 1, true));
        failure.Message.ShouldBe("Sorry.");
        failure.Detail.ShouldBe("Too many calls to this host are in flight: 2, and 0 more wait, which is the limit.");
        // Others aren't held back.
        await engine.ResultAsync(Configs.Get(other.Url));
        var elsewhere = engine.OutcomeAsync(config, workspace: "other");
        await api.NextRequestAsync(engine.Token);

        answer.Release(10);
        await Task.WhenAll(running);
        (await elsewhere).Result.ShouldNotBeNull();
        await engine.ResultAsync(config);
        api.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task CancelledCalls_LeaveTheirPlace()
    {
        using var engine = new EngineUnderTest(options: new EngineOptions { MaxCallsPerHost = 1, MaxLineLength = 0 });
        await using var api = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            if (connection.Number > 1)
                await connection.SendAsync(Answers.Ok);
            else
                await connection.HoldAsync();
        });
        using var cancel = new CancellationTokenSource();
        var running = engine.Execute(Configs.Get(api.Url), cancellationToken: cancel.Token).LastAsync(CancellationToken.None).AsTask();
        await api.NextRequestAsync(engine.Token);

        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
        await api.ScriptEndedAsync(engine.Token);

        // The place is left a moment after the connection.
        while ((await engine.OutcomeAsync(Configs.Get(api.Url))).Failure is { } failure)
            failure.Reason.ShouldBe(FailureReason.Overloaded);
    }
}
