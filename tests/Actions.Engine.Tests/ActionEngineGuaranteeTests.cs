using System.Collections.Concurrent;
using Actions.Engine.Tests.Execution;
using FsCheck;
using FsCheck.Fluent;

namespace Actions.Engine.Tests;

/// <summary>
/// The stream's guarantee, for random APIs, thresholds, time-outs, consumers and cancellations. A failure prints the
/// simplest scenario that shows it, and the seed; ACTIONS_SEED=n plays others.
/// </summary>
public sealed class ActionEngineGuaranteeTests(ITestOutputHelper output)
{
    private const int Runs = 1_000;

    [Fact]
    public async Task AnyExecution_KeepsTheGuarantee()
    {
        var seen = new ConcurrentDictionary<string, int>();
        var property = Prop.ForAll(Scenario.Any, async scenario =>
        {
            var course = await Task.Run(() => new Simulation(scenario).PlayAsync());
            StreamRules.Check(scenario, course);
            foreach (var trait in TraitsOf(scenario, course))
                seen.AddOrUpdate(trait, 1, (_, count) => count + 1);
        });
        // FsCheck blocks its thread: one of its own, so that the pool's are left to the executions.
        await Task.Factory.StartNew(
            () => Check.One(Seeded.Runs(Runs), property), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        output.WriteLine($"ACTIONS_SEED={Seeded.Seed}: " + string.Join(", ", seen.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key}: {pair.Value}")));
        // The scenarios reach every corner often enough to mean something.
        foreach (var trait in Traits)
            seen.GetValueOrDefault(trait).ShouldBeGreaterThan(Runs / 50, trait);
    }

    private static readonly string[] Traits =
        ["result", "failure", "time-out", "never called", "no delay", "many delays", "delay dropped", "cancelled", "left"];

    private static IEnumerable<string> TraitsOf(Scenario scenario, Course course)
    {
        var delays = course.Events.Count(told => told.Event.Delay is not null);
        var last = course.Events.LastOrDefault();
        if (last?.Event.Result is not null)
            yield return "result";
        if (last?.Event.Failure is { } failure)
            yield return failure.Reason == V1.FailureReason.Timeout ? "time-out" : "failure";
        if (last?.Event.Failure?.Attempts == 0)
            yield return "never called";
        if (delays == 0 && course.Ending == Ending.Ended)
            yield return "no delay";
        if (delays > 1)
            yield return "many delays";
        if (course.Ending == Ending.Ended && delays == 0 && scenario.Threshold is { } due && last!.Told > Simulation.Milliseconds(due))
            yield return "delay dropped";
        if (course.Ending == Ending.Cancelled)
            yield return "cancelled";
        if (course.Ending == Ending.Left)
            yield return "left";
    }
}
