using Actions.Testing;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Actions.Server.Tests.Execution;

/// <summary>Many callers at one moment, and one API that takes its time.</summary>
public sealed class BurstTests
{
    private const int Burst = 200;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AllSettingsAtTheirDefaults_EveryCallIsAnswered()
    {
        using var answers = new SemaphoreSlim(0);
        await using var upstream = Holding(answers);
        await using var server = await RunningServer.StartAsync();

        var calls = await BeginAsync(server, upstream);
        answers.Release(Burst);

        await ShouldSucceedAsync(calls);
    }

    [Fact]
    public async Task MoreThanTheHostMayHave_StartedAtOnceAndAnsweredInTurn()
    {
        const int places = 4;
        using var answers = new SemaphoreSlim(0);
        await using var upstream = Holding(answers);
        await using var server = await RunningServer.StartAsync(new()
        {
            ["Engine:MaxCallsPerHost"] = $"{places}",
            ["Engine:MaxLineLength"] = $"{Burst}",
            // The machine may be busy.
            ["Engine:MaxWaitInLine"] = "00:01:00",
        });

        var calls = await BeginAsync(server, upstream);

        // Each answer lets exactly one more in.
        for (var asked = 0; asked < Burst; asked++)
        {
            await upstream.NextRequestAsync(Token);
            upstream.Requests.Count.ShouldBeLessThanOrEqualTo(Math.Max(places, asked + 1));
            if (asked >= places - 1)
                answers.Release();
        }

        answers.Release(places - 1);
        await ShouldSucceedAsync(calls);
    }

    [Fact]
    public async Task LineThatIsFull_OverloadedAtOnceWithItsLength()
    {
        using var answers = new SemaphoreSlim(0);
        await using var upstream = Holding(answers);
        await using var server = await RunningServer.StartAsync(new()
        {
            ["Engine:MaxCallsPerHost"] = "1",
            ["Engine:MaxLineLength"] = "0",
        });
        var action = (await server.CreateAsync(AnAction.Calling(upstream.Url))).Id;
        using var held = server.Actions.Execute(new() { Id = action }, cancellationToken: Token);
        (await held.NextAsync()).Start.ShouldNotBeNull();
        await upstream.NextRequestAsync(Token);

        using var refused = server.Actions.Execute(new() { Id = action }, cancellationToken: Token);

        var failure = (await refused.ReadToEndAsync())[^1].Failure;
        (failure.Reason, failure.Stage).ShouldBe((FailureReason.Overloaded, FailureStage.Queue));
        failure.Detail.ShouldBe("Too many calls to this host are in flight: 1, and 0 more wait, which is the limit.");
        answers.Release();
        (await held.ReadToEndAsync())[^1].Result.ShouldNotBeNull();
    }

    private static RawUpstream Holding(SemaphoreSlim answers) => new(async connection =>
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await answers.WaitAsync(Token);
            await connection.SendAsync(RawUpstream.Response("{}"));
        }
    });

    /// <returns>The calls, each with its Start; none is answered yet.</returns>
    private static async Task<List<AsyncServerStreamingCall<ExecuteResponse>>> BeginAsync(
        RunningServer server, RawUpstream upstream)
    {
        var config = AnAction.Calling(upstream.Url);
        config.Request.Timeout = Duration.FromTimeSpan(TimeSpan.FromMinutes(2));
        var action = (await server.CreateAsync(config)).Id;
        var calls = new List<AsyncServerStreamingCall<ExecuteResponse>>();
        for (var i = 0; i < Burst; i++)
            calls.Add(server.Actions.Execute(new() { Id = action }, cancellationToken: Token));
        foreach (var call in calls)
            (await call.NextAsync()).Start.ShouldNotBeNull();
        return calls;
    }

    private static async Task ShouldSucceedAsync(List<AsyncServerStreamingCall<ExecuteResponse>> calls)
    {
        foreach (var call in calls)
        {
            (await call.ReadToEndAsync())[^1].Result.ShouldNotBeNull();
            call.Dispose();
        }
    }
}
