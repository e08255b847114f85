using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Execution;

/// <summary>
/// One execution under a clock that stands still unless the test moves it. The clock is moved only while everything
/// rests: either an event is there, or engine and API both wait for the clock (or for nothing at all).
/// </summary>
internal sealed class Telling : IAsyncDisposable
{
    // The engine's while it waits during a call: for its time-out, or for what comes before it.
    private const int TimersOfAWaitingEngine = 1;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly EngineUnderTest _engine;
    private readonly CancellationTokenSource _cancelling = new();
    private readonly TimeSpan _timeout;
    private readonly IAsyncEnumerator<ExecutionEvent> _events;
    private Task<bool>? _asked;
    private bool _disposed;

    private Telling(FakeClock clock, SimulatedApi api, Messages messages, TimeSpan timeout)
    {
        (Clock, Api, _timeout) = (clock, api, timeout);
        _engine = new EngineUnderTest(api, clock);
        var config = Configs.Get("http://api.example/");
        config.Messages = messages;
        config.Request.Timeout = Duration.FromTimeSpan(timeout);
        _events = _engine.Execute(config, cancellationToken: _cancelling.Token).GetAsyncEnumerator(CancellationToken.None);
    }

    public FakeClock Clock { get; }

    public SimulatedApi Api { get; }

    /// <summary>Whether the event that was asked for is there, or the stream's end.</summary>
    public bool HasAnswer => _asked!.IsCompleted;

    public bool IsCancelled => _cancelling.IsCancellationRequested;

    /// <summary>Begins the execution. To be called where no synchronization context is, see <see
    /// cref="RunAsync"/>.</summary>
    public static Telling Begin(FakeClock clock, SimulatedApi api, Messages messages, TimeSpan timeout) =>
        new(clock, api, messages, timeout);

    /// <summary>The same with a time-out of 10 s, and unless told otherwise with messages and so a delay threshold of 2
    /// s.</summary>
    public static Telling Begin(FakeClock clock, ApiDoes does, int takes, Messages? messages = null) => new(
        clock,
        new SimulatedApi(clock, does, TimeSpan.FromMilliseconds(takes)),
        messages ?? new Messages { StartMessage = "One moment.", DelayMessage = "Still looking." },
        TimeSpan.FromSeconds(10));

    /// <summary>Delays without words, in milliseconds.</summary>
    public static Messages Repeating(int threshold, int every) => new()
    {
        DelayThreshold = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(threshold)),
        DelayRepeatInterval = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(every)),
    };

    /// <summary>Runs a test where continuations run on the thread that completes what they wait for.</summary>
    public static Task RunAsync(Func<Task> test) => Task.Run(test, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        // An enumerator can't be left while it is being asked.
        if (_asked is { IsCompleted: false })
        {
            Cancel();
            await Should.ThrowAsync<OperationCanceledException>(() => _asked.WaitAsync(Patience, TimeProvider.System));
        }

        await _events.DisposeAsync();
        // Nothing is left behind: no call, no timer.
        if (!Api.IgnoresCancellation)
            await UntilAsync(() => !Api.IsLive && Clock.Armed == 0);
        _cancelling.Dispose();
        _engine.Dispose();
    }

    /// <summary>The consumer has written the last event and asks for the next.</summary>
    public async Task AskAsync()
    {
        _asked = _events.MoveNextAsync().AsTask();
        await RestAsync();
    }

    /// <returns>What was asked for; null: the stream has ended.</returns>
    public async Task<ExecutionEvent?> AnswerAsync() =>
        await _asked!.WaitAsync(Patience, TimeProvider.System) ? _events.Current : null;

    /// <summary>Asks, and moves the clock as far as it takes.</summary>
    public async Task<ExecutionEvent?> NextAsync()
    {
        await AskAsync();
        while (!HasAnswer)
            await AdvanceToAsync(Clock.NextDue ?? throw new InvalidOperationException("Nothing will ever happen again."));
        return await AnswerAsync();
    }

    /// <returns>The rest of the stream, as told to a consumer who asks at once.</returns>
    public async Task<List<string>> ToEndAsync()
    {
        var told = new List<string>();
        while (await NextAsync() is { } next)
            told.Add($"{next.Sequence} {next.EventCase} at {next.Elapsed.ToTimeSpan().TotalMilliseconds} ms");
        return told;
    }

    public Task AdvanceAsync(double milliseconds) =>
        AdvanceToAsync(Clock.Now + TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>Stops at every timer on the way, until everything rests.</summary>
    public async Task AdvanceToAsync(TimeSpan moment)
    {
        while (Clock.NextDue is { } due && due <= moment)
        {
            Clock.AdvanceTo(due);
            await RestAsync();
        }

        Clock.AdvanceTo(moment);
        await RestAsync();
    }

    public void Cancel() => _cancelling.Cancel();

    private Task RestAsync() => UntilAsync(Rests);

    private async Task UntilAsync(Func<bool> condition)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"At {Clock.Now} the execution doesn't come to rest: {Clock.Armed} timers, {Api.Timers} the API's.");
            await Task.Yield();
        }
    }

    private bool Rests()
    {
        var isAsked = _asked is { IsCompleted: false };
        if (isAsked)
            return Api.IsLive && !IsCancelled && Clock.Armed == Api.Timers + TimersOfAWaitingEngine;
        // Nobody waits for the next event: what is left is the call with its time-out.
        return !Api.IsLive || IsCancelled || Clock.Armed == Api.Timers + (Clock.Now < _timeout ? 1 : 0);
    }
}
