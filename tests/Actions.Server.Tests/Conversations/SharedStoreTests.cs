using Actions.Server.Tests.EndToEnd;
using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.Conversations;

/// <summary>Two servers on one store.</summary>
public sealed class SharedStoreTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actions-server-tests-");
    private readonly HeldApi _api = new();
    private readonly ShiftedClock _clock = new();
    private RunningServer _one = null!;
    private RunningServer _other = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var settings = new Dictionary<string, string>
        {
            ["Storage:Sqlite:Path"] = Path.Combine(_folder.FullName, "actions.db"),
        };
        _one = await RunningServer.StartAsync(settings);
        _other = await RunningServer.StartAsync(settings, _clock);
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
        await _api.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task AttachOnTheOther_GetsTheEventsWhileItRuns()
    {
        var action = await _one.CreateAsync(Calling.Ordering(_api.Url));
        var (stream, id) = await _one.BeginAsync(action.Of(Calling.NewCall()));
        await _api.CalledAsync();
        await _one.InterruptAsync(stream, id);

        var attached = _other.Attach(id);
        (await attached.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        attached.ResponseStream.Current.Event.Start.ShouldNotBeNull();
        _api.Answer();

        var rest = await attached.ReadToEndAsync();
        rest.ShouldHaveSingleItem().Result.Variables["order"].NumberValue.ShouldBe(1);
        (await _other.Attach(id, after: 1).ReadToEndAsync()).ShouldBe(rest);
    }

    [Fact]
    public async Task SameOnBothAtTheSameMoment_CallsTheApiOnce()
    {
        var action = await _one.CreateAsync(Calling.Ordering(_api.Url));
        var call = Calling.NewCall();

        var begun = await Task.WhenAll(_one.BeginAsync(action.Of(call)), _other.BeginAsync(action.Of(call)));
        await _api.CalledAsync();
        _api.Answer();
        var ended = await Task.WhenAll(begun.Select(one => one.Stream.ReadToEndAsync()));

        _api.Count.ShouldBe(1);
        var results = ended.Select(events => events.ShouldHaveSingleItem().Result).ToList();
        results.ShouldAllBe(result => result.Variables["order"].NumberValue == 1);
        var replayed = results.FindIndex(result => result.Replayed);
        results[1 - replayed].Replayed.ShouldBeFalse();
        results[replayed].ReplayedExecutionId.ShouldBe(begun[1 - replayed].Id);
        // Whose events are the other one's.
        var attached = _one.Attach(begun[replayed].Id, after: 1);
        (await attached.ReadToEndAsync()).ShouldHaveSingleItem().Result.Variables["order"].NumberValue.ShouldBe(1);
    }

    [Fact]
    public async Task RepeatOnTheOther_IsReplayed()
    {
        var action = await _one.CreateAsync(Calling.Ordering(_api.Url));
        var call = Calling.NewCall();
        _api.Answer();
        var (id, _) = await _one.RunAsync(action.Of(call));

        var repeat = await _other.ExecuteAsync(action.Of(call));

        repeat.Count.ShouldBe(2);
        (repeat[1].Result.Replayed, repeat[1].Result.ReplayedExecutionId).ShouldBe((true, id));
        _api.Count.ShouldBe(1);
        var found = await _one.Actions.GetCallAsync(new() { CallId = call }, cancellationToken: Token);
        found.Executions.Select(one => one.ReplayedExecutionId).ShouldBe(["", id]);
    }

    [Fact]
    public async Task RepeatWhileTheOtherRuns_GetsItsFailure()
    {
        await using var api = new HeldApi(_ => RawUpstream.Response("{}", status: "409 Conflict"));
        var action = await _one.CreateAsync(Calling.Ordering(api.Url));
        var call = Calling.NewCall();
        var (first, _) = await _one.BeginAsync(action.Of(call));
        await api.CalledAsync();
        var (second, _) = await _other.BeginAsync(action.Of(call));
        // It has asked for the claim: its record names the holder.
        await Eventually.TrueAsync(async () =>
        {
            var known = await _one.Actions.GetCallAsync(new() { CallId = call }, cancellationToken: Token);
            return known.Executions.Any(one => one.ReplayedExecutionId.Length > 0);
        });
        api.Answer();

        (await first.ReadToEndAsync())[^1].Failure.StatusCode.ShouldBe(409);
        (await second.ReadToEndAsync())[^1].Failure.StatusCode.ShouldBe(409);
        api.Count.ShouldBe(1);
    }

    [Fact]
    public async Task BodyThatIsMoreThanACallKeeps_IsMissingOnTheOtherOnly()
    {
        var settings = new Dictionary<string, string>
        {
            ["Storage:Sqlite:Path"] = Path.Combine(_folder.FullName, "actions.db"), ["Calls:MaxCallBytes"] = "65536",
        };
        await using var server = await RunningServer.StartAsync(settings);
        await using var api = new HeldApi(_ => RawUpstream.Response(new string('x', 70_000), "text/plain"));
        api.Answer();
        var action = await server.CreateAsync(new()
        {
            Name = AnAction.FreeName(),
            Request = new() { Method = V1.HttpMethod.Post, Url = api.Url },
        });
        var call = Calling.NewCall();
        (await server.RunAsync(action.Of(call))).Last.Result.Body.Length.ShouldBe(70_000);

        var result = (await _one.RunAsync(action.Of(call))).Last.Result;

        (result.Replayed, result.StatusCode, result.Body.Length).ShouldBe((true, 200, 0));
        result.Warnings.ShouldHaveSingleItem().Kind.ShouldBe(WarningKind.BodyNotKept);
    }

    [Fact]
    public async Task CallThatIsEndedOnTheOther_IsAborted()
    {
        var action = await _one.CreateAsync(Calling.Ordering(_api.Url));
        var call = Calling.NewCall();
        var (stream, _) = await _one.BeginAsync(action.Of(call));
        await _api.CalledAsync();

        await _other.Actions.EndCallAsync(new() { CallId = call }, cancellationToken: Token);

        (await stream.ReadToEndAsync())[^1].Failure.Reason.ShouldBe(FailureReason.Aborted);
        await _api.ClosedAsync();
    }

    [Fact]
    public async Task RepeatAfterTheHoldersDeadline_CarriesTheSameKey()
    {
        var action = await _one.CreateAsync(Calling.Ordering(_api.Url));
        var call = Calling.NewCall();
        var (held, _) = await _one.BeginAsync(action.Of(call));
        await _api.CalledAsync();
        // To the other one, it must have ended.
        _clock.Advance(TimeSpan.FromMinutes(1));

        var repeat = _other.RunAsync(action.Of(call));
        await _api.CalledAsync();
        _api.Answer(2);

        (await repeat).Last.Result.Replayed.ShouldBeFalse();
        using (held)
            (await held.ReadToEndAsync())[^1].Result.ShouldNotBeNull();
        _api.Keys.Count.ShouldBe(2);
        _api.Keys.Distinct().ShouldHaveSingleItem().ShouldNotBeNull();
    }

    [Fact]
    public async Task RepeatAfterTheHoldersDeadline_IsRefusedIfTheActionSaysSo()
    {
        var config = Calling.Ordering(_api.Url);
        config.OnUnknownOutcome = UnknownOutcome.Refuse;
        var action = await _one.CreateAsync(config);
        var call = Calling.NewCall();
        var (held, id) = await _one.BeginAsync(action.Of(call));
        await _api.CalledAsync();
        _clock.Advance(TimeSpan.FromMinutes(1));

        (await _other.RunAsync(action.Of(call))).Last.Failure.Reason.ShouldBe(FailureReason.UnknownOutcome);

        (await _other.Attach(id).ReadToEndAsync())[^1].Failure.Reason.ShouldBe(FailureReason.UnknownOutcome);
        _api.Count.ShouldBe(1);
        held.Dispose();
    }
}
