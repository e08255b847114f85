using System.Collections.Immutable;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Execution;

/// <summary>One event as it was told.</summary>
/// <param name="Event">What.</param>
/// <param name="Asked">When the consumer asked for it.</param>
/// <param name="Told">When it was there.</param>
/// <param name="ApiCalls">How often the API had been called by then.</param>
internal sealed record ToldEvent(ExecutionEvent Event, TimeSpan Asked, TimeSpan Told, int ApiCalls);

/// <summary>How an execution went.</summary>
/// <param name="Events">All that were told.</param>
/// <param name="Api">As it was left.</param>
/// <param name="Ending">How the stream ended.</param>
/// <param name="Cancelled">How many events had been told, and how often the API been called, when it was cancelled;
/// null: it wasn't.</param>
/// <param name="ApiLiveWhenEnding">Whether the API was still at work when the consumer cancelled or left.</param>
internal sealed record Course(
    ImmutableArray<ToldEvent> Events, SimulatedApi Api, Ending Ending, (int Told, int ApiCalls)? Cancelled, bool ApiLiveWhenEnding);

internal enum Ending
{
    Ended,
    Cancelled,
    Left,
}

/// <summary>Plays a scenario.</summary>
internal sealed class Simulation(Scenario scenario)
{
    private readonly ImmutableArray<ToldEvent>.Builder _told = ImmutableArray.CreateBuilder<ToldEvent>();
    private (int Told, int ApiCalls)? _cancelled;
    private bool _apiLiveWhenEnding;
    private bool _asking;

    public static TimeSpan Milliseconds(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    public async Task<Course> PlayAsync()
    {
        var clock = new FakeClock();
        var api = new SimulatedApi(
            clock, scenario.Api, Milliseconds(scenario.HeadersAfter), Milliseconds(scenario.BodyAfter), scenario.IgnoresCancellation);
        await using var telling = Telling.Begin(clock, api, Messages(), Milliseconds(scenario.TimeoutAfter));
        var ending = await TellAsync(telling);
        if (ending == Ending.Left)
            _apiLiveWhenEnding = api.IsLive;
        await telling.DisposeAsync();
        return new Course(_told.ToImmutable(), api, ending, _cancelled, _apiLiveWhenEnding);
    }

    private async Task<Ending> TellAsync(Telling telling)
    {
        while (_told.Count != scenario.LeaveAfter)
        {
            var busy = _told.Count < scenario.Busy.Length ? scenario.Busy[_told.Count] : 0;
            await MoveToAsync(telling, telling.Clock.Now + Milliseconds(busy));

            var asked = telling.Clock.Now;
            _asking = true;
            await telling.AskAsync();
            while (!telling.HasAnswer)
                await MoveToAsync(telling, telling.Clock.NextDue ?? throw new InvalidOperationException("Nothing will ever happen again."));
            try
            {
                if (await telling.AnswerAsync() is not { } told)
                    return Ending.Ended;
                _told.Add(new ToldEvent(told, asked, telling.Clock.Now, telling.Api.Calls));
            }
            catch (OperationCanceledException) when (telling.IsCancelled)
            {
                return Ending.Cancelled;
            }

            _asking = false;
        }

        return Ending.Left;
    }

    /// <summary>Moves the clock, and cancels on the way if it is time; what happens at the same moment happens
    /// first.</summary>
    private async Task MoveToAsync(Telling telling, TimeSpan moment)
    {
        if (telling.IsCancelled || scenario.CancelAt is not { } at || Milliseconds(at) > moment)
        {
            await telling.AdvanceToAsync(moment);
            return;
        }

        await telling.AdvanceToAsync(Milliseconds(at));
        _cancelled = (_told.Count + (_asking && telling.HasAnswer ? 1 : 0), telling.Api.Calls);
        _apiLiveWhenEnding = telling.Api.IsLive;
        telling.Cancel();
    }

    private Messages Messages() => new()
    {
        StartMessage = "start",
        FailureMessage = "failure",
        DelayThreshold = scenario.Threshold is { } threshold ? Duration.FromTimeSpan(Milliseconds(threshold)) : null,
        DelayRepeatInterval = scenario.Repeat is { } repeat ? Duration.FromTimeSpan(Milliseconds(repeat)) : null,
    };
}
