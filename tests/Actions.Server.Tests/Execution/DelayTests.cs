using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Kind = Actions.V1.ExecutionEvent.EventOneofCase;

namespace Actions.Server.Tests.Execution;

/// <summary>On real time; that nothing comes early holds however busy the machine is.</summary>
public sealed class DelayTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private static readonly TimeSpan Threshold = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SlowApi_IsReportedAgainAndAgainAndNeverEarly(bool speakNaturally)
    {
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = HeldUntil(heard.Task);
        var stored = await _server.CreateAsync(Calling(upstream, speakNaturally, Interval));

        var began = TimeProvider.System.GetTimestamp();
        using var call = _server.Actions.Execute(new() { Id = stored.Id }, cancellationToken: Token);
        (await call.NextAsync()).Start.ShouldBe(new() { Message = speakNaturally ? "" : "Hold on.", SpeakNaturally = speakNaturally });
        var due = Threshold;
        for (var ordinal = 1; ordinal <= 3; ordinal++)
        {
            var told = await call.NextAsync();

            told.Delay.ShouldBe(
                new() { Message = speakNaturally ? "" : "One moment.", SpeakNaturally = speakNaturally, Ordinal = ordinal });
            told.Sequence.ShouldBe(1 + ordinal);
            told.Elapsed.ToTimeSpan().ShouldBeGreaterThanOrEqualTo(due);
            // By the listener's clock, which was started before the call was made.
            TimeProvider.System.GetElapsedTime(began).ShouldBeGreaterThanOrEqualTo(due);
            due = told.Elapsed.ToTimeSpan() + Interval;
        }

        heard.SetResult();
        var rest = await call.ReadToEndAsync();
        rest.SkipLast(1).ShouldAllBe(told => told.EventCase == Kind.Delay);
        rest[^1].Result.StatusCode.ShouldBe(200);
    }

    [Fact]
    public async Task WithoutAnInterval_IsReportedOnce()
    {
        await using var upstream = new RawUpstream(connection => connection.HoldAsync());
        var action = Calling(upstream, speakNaturally: false, interval: null);
        action.Request.Timeout = Duration.FromTimeSpan(Threshold * 10);
        var stored = await _server.CreateAsync(action);

        var events = await _server.ExecuteAsync(new() { Id = stored.Id });

        events.Select(told => told.EventCase).ShouldBe([Kind.Start, Kind.Delay, Kind.Failure]);
        events[2].Failure.Reason.ShouldBe(FailureReason.Timeout);
        events[2].Elapsed.ToTimeSpan().ShouldBeGreaterThanOrEqualTo(Threshold * 10);
    }

    [Fact]
    public async Task AnswerBeforeTheThreshold_IsNotReportedAsDelayed()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = Calling(upstream, speakNaturally: false, Interval);
        action.Messages.DelayThreshold = Duration.FromTimeSpan(TimeSpan.FromSeconds(100));
        var stored = await _server.CreateAsync(action);

        (await _server.ExecuteAsync(new() { Id = stored.Id })).Select(told => told.EventCase).ShouldBe([Kind.Start, Kind.Result]);
    }

    private static RawUpstream HeldUntil(Task released) => new(async connection =>
    {
        await connection.ReadRequestAsync();
        await Task.WhenAny(released, connection.HoldAsync());
        await connection.SendAsync(RawUpstream.Response("{}"));
    });

    private static ActionConfig Calling(RawUpstream upstream, bool speakNaturally, TimeSpan? interval)
    {
        var action = AnAction.Calling(upstream.Url);
        action.Messages = new()
        {
            SpeakNaturally = speakNaturally,
            StartMessage = "Hold on.",
            DelayMessage = "One moment.",
            DelayThreshold = Duration.FromTimeSpan(Threshold),
            DelayRepeatInterval = interval is { } repeat ? Duration.FromTimeSpan(repeat) : null,
        };
        return action;
    }
}
