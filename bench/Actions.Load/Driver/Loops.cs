namespace Actions.Load.Driver;

/// <summary>Two ways to call: as fast as answers come, or at a rate whatever comes.</summary>
internal sealed class Loops(TimeProvider time, CancellationToken stop)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // A tick that is late has many calls to make up for: it lets others work in between.
    private const int MaxPerTick = 200;

    /// <summary>
    /// Closed loop: so many callers, each with one call after the other. A server that hesitates is called less often,
    /// which is why its times look better than they are (coordinated omission).
    /// </summary>
    public async Task<Tally> ClosedAsync(
        Caller caller, Job job, int callers, TimeSpan duration,
        Func<Tally, Task>? opened = null, Func<Tally, Task>? closed = null)
    {
        var tally = new Tally(time, TimeSpan.MaxValue);
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var ends = false;
        var loops = Enumerable.Range(0, callers).Select(_ => CallAsync()).ToList();
        await Task.Delay(TimeSpan.FromMilliseconds(300), time, stop);
        await (opened?.Invoke(tally) ?? Task.CompletedTask);
        tally.Open();
        await Task.Delay(duration, time, stop);
        tally.Close();
        await (closed?.Invoke(tally) ?? Task.CompletedTask);
        Volatile.Write(ref ends, true);
        lost.CancelAfter(Patience);
        await Task.WhenAll(loops);
        return tally;

        async Task CallAsync()
        {
            // Not on the thread of the one who began them all.
            await Task.Yield();
            while (!Volatile.Read(ref ends))
                tally.Add(await caller.ExecuteAsync(job, null, null, lost.Token));
        }
    }

    /// <summary>
    /// Open loop: one call after the other at equal distances, whatever the server does. The times of a call count from
    /// the moment at which it should have begun, so that a hiccup is seen by all the calls that it hits.
    /// </summary>
    public async Task<Tally> OpenAsync(
        Caller caller, Job job, Arrivals arrivals,
        Func<Tally, Task>? opened = null, Func<Tally, Task>? closed = null)
    {
        var tally = new Tally(time, arrivals.Deadline ?? TimeSpan.MaxValue);
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var pace = new PeriodicTimer(Tick, time);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // One place is the pacing's own: before its end 0 is never reached.
        var inFlight = 1;
        await PaceAsync(arrivals.Lead);
        await (opened?.Invoke(tally) ?? Task.CompletedTask);
        tally.Open();
        await PaceAsync(arrivals.Duration);
        tally.Close();
        await (closed?.Invoke(tally) ?? Task.CompletedTask);
        lost.CancelAfter(Patience);
        Leave();
        await done.Task;
        return tally;

        async Task PaceAsync(TimeSpan span)
        {
            var from = time.GetTimestamp();
            long made = 0;
            var all = (long)(span.TotalSeconds * arrivals.Rate);
            while (time.GetElapsedTime(from) is var elapsed && (elapsed < span || arrivals.IsComplete && made < all))
            {
                var due = Math.Min(Math.Min((long)(elapsed.TotalSeconds * arrivals.Rate) + 1, all), made + MaxPerTick);
                for (; made < due; made++)
                {
                    var intended = from + (long)(made / arrivals.Rate * time.TimestampFrequency);
                    if (Volatile.Read(ref inFlight) > arrivals.MostInFlight)
                        tally.Skip(intended);
                    else
                        _ = CallAsync(intended);
                }

                await pace.WaitForNextTickAsync(stop);
            }
        }

        async Task CallAsync(long intended)
        {
            Interlocked.Increment(ref inFlight);
            tally.Add(await caller.ExecuteAsync(job, intended, arrivals.Deadline, lost.Token));
            Leave();
        }

        void Leave()
        {
            if (Interlocked.Decrement(ref inFlight) == 0)
                done.TrySetResult();
        }
    }
}

/// <summary>The calls of an open loop.</summary>
/// <param name="Rate">Calls per second.</param>
/// <param name="Lead">Before the window opens.</param>
/// <param name="Deadline">Of each call. Null: none.</param>
/// <param name="MostInFlight">Calls beyond it aren't made, and counted.</param>
/// <param name="IsComplete">Whether a driver that is late at the end makes up for what is left.</param>
internal sealed record Arrivals(
    double Rate, TimeSpan Lead, TimeSpan Duration, TimeSpan? Deadline = null, int MostInFlight = 20_000,
    bool IsComplete = false);
