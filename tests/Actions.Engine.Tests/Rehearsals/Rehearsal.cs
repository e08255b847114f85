using Actions.Engine.Executions;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Rehearsals;

/// <summary>Executions whose API is on the test's clock, which moves only while everything waits for it.</summary>
internal sealed class Rehearsal(EngineUnderTest engine, FakeClock clock)
{
    // The engine's own, and the one of the latency or of the backoff.
    private const int TimersOfAnAttempt = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static SimulatedAttempt After(int milliseconds, SimulatedResponse response) =>
        new() { Latency = Milliseconds(milliseconds), Response = response };

    public static SimulatedAttempt After(int milliseconds, SimulatedFault fault) =>
        new() { Latency = Milliseconds(milliseconds), Fault = fault };

    public static SimulatedResponse Status(int status, params (string Name, string Value)[] headers) => new()
    {
        Status = status,
        Headers = { headers.Select(header => new Header { Name = header.Name, Value = header.Value }) },
    };

    public static SimulatedResponse Json(string body) => new()
    {
        Headers = { new Header { Name = "Content-Type", Value = "application/json" } },
        Body = ByteString.CopyFromUtf8(body),
    };

    public static Duration Milliseconds(int milliseconds) =>
        Duration.FromTimeSpan(TimeSpan.FromMilliseconds(milliseconds));

    /// <returns>All events. Each is asked for at once.</returns>
    public Task<List<ExecutionEvent>> PlayAsync(ActionConfig config, params SimulatedAttempt[] attempts) =>
        PlayAsync(engine.Compile(config), attempts);

    public Task<List<ExecutionEvent>> PlayAsync(ActionPlan plan, params SimulatedAttempt[] attempts) => PlayAsync(
        plan,
        new ExecutionInput("tests", new Dictionary<string, Value>())
        {
            Simulation = new() { Attempts = { attempts } },
        });

    public async Task<List<ExecutionEvent>> PlayAsync(ActionPlan plan, ExecutionInput input)
    {
        // One that never answers has no timer of its own.
        var timers = input.Simulation?.Attempts.Any(attempt => attempt.Fault == SimulatedFault.Timeout) == true
            ? 1
            : TimersOfAnAttempt;
        var told = new List<ExecutionEvent>();
        await using var events = engine.Engine.ExecuteAsync(plan, input, engine.Token).GetAsyncEnumerator(engine.Token);
        while (true)
        {
            var asked = events.MoveNextAsync().AsTask();
            while (!await RestsAsync(asked, timers))
                clock.AdvanceTo(clock.NextDue!.Value);
            if (!await asked)
                return told;
            told.Add(events.Current);
        }
    }

    /// <returns>True: what was asked for is there. False: it is the clock's turn.</returns>
    private async Task<bool> RestsAsync(Task asked, int timers)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!asked.IsCompleted && clock.Armed != timers)
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"At {clock.Now} there are {clock.Armed} timers, and no event.");
            await Task.Yield();
        }

        return asked.IsCompleted;
    }
}
