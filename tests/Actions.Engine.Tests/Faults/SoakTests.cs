using System.Collections.Concurrent;
using System.Globalization;
using Actions.Engine.Limits;
using Actions.Engine.Tests.Outbound;
using Actions.V1;

namespace Actions.Engine.Tests.Faults;

/// <summary>
/// All faults at once, each again and again, on one engine. ACTIONS_SOAK is the number of executions: 10,000 when
/// unset;
/// 100,000 give most faults more than 1,000 rounds and take minutes.
/// </summary>
[Collection(nameof(RealTime))]
public sealed class SoakTests(ITestOutputHelper output)
{
    // What pools of buffers keep differs that much from one moment to the next: 200 bytes for each of 10,000
    // executions.
    // That none of them is kept as a whole shows exactly, by its own trace.
    private const long Tolerance = 2 << 20;

    // Until then the pools fill.
    private const int WarmUp = 2_000;

    // Those that time out do it as soon as the contract allows; others may take as long as a busy machine needs.
    private static readonly TimeSpan Soon = ContractLimits.MinTimeout;
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(30);

    private static readonly int Executions =
        int.Parse(Environment.GetEnvironmentVariable("ACTIONS_SOAK") ?? "10000", NumberStyles.None, CultureInfo.InvariantCulture);

    private readonly ConcurrentQueue<string> _wrong = new();
    private readonly ConcurrentQueue<WeakReference> _traces = new();
    private readonly List<string> _told = [];

    [Fact]
    public async Task ManyExecutionsOfAllFaults_LeaveNoSocketNoTimerAndNoMemoryBehind()
    {
        var empty = Footprint.Now();
        Footprint ready, warm, after;
        int ran, kept;
        using (var engine = new FaultEngine())
        {
            var faults = FaultMatrix.Cases.Where(fault => fault.Share > 0).Select(fault => (Case: fault, Played: fault.Play())).ToList();
            ready = Footprint.Now();
            await RunAsync(engine, faults, WarmUp);
            warm = await Footprint.SettledAsync(ready);
            var began = TimeProvider.System.GetTimestamp();
            ran = await RunAsync(engine, faults, Executions);
            var took = TimeProvider.System.GetElapsedTime(began);
            after = await Footprint.SettledAsync(ready);
            kept = _traces.Count(trace => trace.IsAlive);
            Tell($"{ran} executions of {faults.Count} faults in {took.TotalSeconds:0.0} s, {kept} of all {_traces.Count} still in memory.");
            foreach (var (fault, played) in faults)
            {
                if (played.Open > 0)
                    Tell($"{fault.Name}: {played.Open} connections left.");
                await played.DisposeAsync();
            }
        }

        var end = await Footprint.SettledAsync(empty);
        Tell($"Faults ready: {ready}; warm: {warm}; after all: {after}.");
        Tell($"Before: {empty}; when all is closed: {end}.");
        _wrong.ShouldBeEmpty();
        ran.ShouldBeGreaterThanOrEqualTo(Executions);
        after.Sockets.ShouldBeLessThanOrEqualTo(ready.Sockets);
        after.Timers.ShouldBeLessThanOrEqualTo(ready.Timers);
        // The runtime may still hold what it did last.
        kept.ShouldBeLessThanOrEqualTo(FaultMatrix.Rows.Count);
        after.Heap.ShouldBeLessThanOrEqualTo(warm.Heap + Tolerance);
        end.Sockets.ShouldBeLessThanOrEqualTo(empty.Sockets);
        end.Timers.ShouldBeLessThanOrEqualTo(empty.Timers);
    }

    /// <summary>Every fault by itself one execution after the other, all of them side by side.</summary>
    private async Task<int> RunAsync(FaultEngine engine, List<(Case Case, IFault Played)> faults, int executions)
    {
        var shares = faults.Sum(fault => fault.Case.Share);
        var ran = await Task.WhenAll(faults.Select(fault =>
            RepeatAsync(engine, fault.Case, fault.Played.Url, (int)((((long)executions * fault.Case.Share) + shares - 1) / shares))));
        return ran.Sum();
    }

    private async Task<int> RepeatAsync(FaultEngine engine, Case fault, string url, int rounds)
    {
        await Task.Yield();
        var plan = engine.Compile(fault, url, fault.Reason == FailureReason.Timeout ? Soon : Late);
        for (var round = 0; round < rounds; round++)
        {
            var told = await engine.RunAsync(plan, TestContext.Current.CancellationToken);
            _traces.Enqueue(told.Trace);
            if (told.Reason != fault.Reason || !told.IsStory)
                _wrong.Enqueue($"{fault.Name}: {told.Reason} instead of {fault.Reason}, {told.Events.Count} events. {told.Detail}");
        }

        return rounds;
    }

    private void Tell(string text)
    {
        output.WriteLine(text);
        _told.Add(text);
        Report.Write("soak.md", string.Join("\n\n", _told) + "\n");
    }
}
