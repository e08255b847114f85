using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Executions;

/// <summary>Numbers and times the events of one execution, and waits on its clock.</summary>
internal sealed class Story(TimeProvider time, long began)
{
    private int _sequence;

    public TimeSpan Elapsed => time.GetElapsedTime(began);

    public ExecutionEvent Next(Start start) => Next(new ExecutionEvent { Start = start });

    public ExecutionEvent Next(Delay delay) => Next(new ExecutionEvent { Delay = delay });

    public ExecutionEvent Next(ExecutionEvent told)
    {
        told.Sequence = ++_sequence;
        told.Elapsed = Duration.FromTimeSpan(Elapsed);
        return told;
    }

    /// <summary>Returns when the task is done or <see cref="Elapsed"/> has reached <paramref name="due"/>, never earlier.</summary>
    public async Task WaitAsync(Task task, TimeSpan due, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // A timer counts coarser ticks than the clock and may fire a moment before it.
        while (!task.IsCompleted && due - Elapsed is { Ticks: > 0 } left)
        {
            var timer = Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), time, stop.Token);
            await Task.WhenAny(task, timer).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }

        // Also when nothing was waited for: what is due already isn't told to somebody who has gone.
        cancellationToken.ThrowIfCancellationRequested();
        await stop.CancelAsync().ConfigureAwait(false);
    }
}
