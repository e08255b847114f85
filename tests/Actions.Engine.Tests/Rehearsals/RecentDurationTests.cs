using System.Net;
using Actions.Engine.Executions;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using static Actions.Engine.Tests.Rehearsals.Rehearsal;

namespace Actions.Engine.Tests.Rehearsals;

/// <summary>Start says how long the action's executions have taken, and the first filler may follow from it.</summary>
public sealed class RecentDurationTests : IDisposable
{
    private readonly FakeClock _clock = new();
    private readonly TimedApi _api;
    private readonly EngineUnderTest _engine;
    private readonly Rehearsal _rehearsal;

    public RecentDurationTests()
    {
        _api = new TimedApi(_clock);
        _engine = new EngineUnderTest(_api, _clock);
        _rehearsal = new Rehearsal(_engine, _clock);
    }

    public void Dispose()
    {
        _engine.Dispose();
        _api.Dispose();
    }

    [Fact]
    public async Task NineteenExecutions_NothingIsSaid()
    {
        var plan = _engine.Compile(Configs.Get("http://api.example/"));
        await ExecuteAsync(plan, Enumerable.Range(1, 19).Select(i => i * 100));

        var start = (await ExecuteAsync(plan, 0))[0].Start;

        (start.Typical, start.Slow).ShouldBe((null, null));
    }

    [Fact]
    public async Task TwentyExecutions_MedianAnd95thPercentile()
    {
        var plan = _engine.Compile(Configs.Get("http://api.example/"));
        await ExecuteAsync(plan, Enumerable.Range(1, 20).Select(i => i * 100));

        var start = (await ExecuteAsync(plan, 0))[0].Start;

        (start.Typical, start.Slow).ShouldBe((Milliseconds(1_000), Milliseconds(1_900)));
    }

    [Fact]
    public async Task OtherTimesLater_TheOldOnesAreForgotten()
    {
        var plan = _engine.Compile(Configs.Get("http://api.example/"));
        await ExecuteAsync(plan, Enumerable.Repeat(100, 128));
        await ExecuteAsync(plan, Enumerable.Repeat(900, 128));

        var start = (await ExecuteAsync(plan, 0))[0].Start;

        (start.Typical, start.Slow).ShouldBe((Milliseconds(900), Milliseconds(900)));
    }

    [Fact]
    public async Task FailuresOfTheApi_Counted()
    {
        var plan = _engine.Compile(Configs.Get("http://api.example/"));
        _api.Status = HttpStatusCode.NotFound;
        await ExecuteAsync(plan, Enumerable.Repeat(300, 20));

        (await ExecuteAsync(plan, 0))[0].Start.Typical.ShouldBe(Milliseconds(300));
    }

    [Fact]
    public async Task WhatCallsNoApi_NotCounted()
    {
        var plan = _engine.Compile(Configs.Get("http://api.example/"));
        var blocked = _engine.Compile(Configs.Get("http://api.example/"));
        using var strict = new EngineUnderTest(
            _api, _clock, Outbound.Guard.Guards.With(new() { DeniedHosts = "api.example" }));
        await ExecuteAsync(plan, Enumerable.Repeat(300, 19));
        for (var i = 0; i < 20; i++)
        {
            await _rehearsal.PlayAsync(plan, After(700, Status(200)));
            await _rehearsal.PlayAsync(plan, Input with { DryRun = true });
            await new Rehearsal(strict, _clock).PlayAsync(blocked, Input);
        }

        (await ExecuteAsync(plan, 300))[0].Start.Typical.ShouldBeNull();
        (await ExecuteAsync(plan, 300))[0].Start.Typical.ShouldBe(Milliseconds(300));
        (await ExecuteAsync(blocked, 300))[0].Start.Typical.ShouldBeNull();
    }

    [Theory]
    // Not known yet: the shortest.
    [InlineData(0, 0, 1_000)]
    [InlineData(20, 2_500, 2_500)]
    [InlineData(20, 200, 1_000)]
    [InlineData(20, 9_000, 4_000)]
    public async Task AutomaticDelay_ComesWhenACallIsSlowerThanUsual(int executions, int took, int due)
    {
        var action = Configs.Get("http://api.example/");
        action.Messages = new() { DelayMessage = "Still looking.", AutomaticDelay = new() };
        var plan = _engine.Compile(action);
        await ExecuteAsync(plan, Enumerable.Repeat(took, executions));

        var events = await ExecuteAsync(plan, 9_500);

        events.Select(told => told.EventCase.ToString()).ShouldBe(["Start", "Delay", "Result"]);
        events[1].Elapsed.ShouldBe(Milliseconds(due));
    }

    [Fact]
    public async Task AutomaticDelayRepeated_FromTheFirstOneOn()
    {
        var action = Configs.Get("http://api.example/");
        action.Messages = new()
        {
            SpeakNaturally = true,
            AutomaticDelay = new() { Min = Milliseconds(100), Max = Milliseconds(500) },
            DelayRepeatInterval = Milliseconds(200),
        };
        var plan = _engine.Compile(action);
        await ExecuteAsync(plan, Enumerable.Repeat(300, 20));

        var events = await ExecuteAsync(plan, 800);

        events.Where(told => told.Delay is not null).Select(told => told.Elapsed)
            .ShouldBe([Milliseconds(300), Milliseconds(500), Milliseconds(700)]);
    }

    private static ExecutionInput Input => new("tests", new Dictionary<string, Value>());

    private async Task ExecuteAsync(ActionPlan plan, IEnumerable<int> milliseconds)
    {
        foreach (var takes in milliseconds)
            await ExecuteAsync(plan, takes);
    }

    private Task<List<ExecutionEvent>> ExecuteAsync(ActionPlan plan, int milliseconds)
    {
        _api.Takes = TimeSpan.FromMilliseconds(milliseconds);
        return _rehearsal.PlayAsync(plan, Input);
    }
}
