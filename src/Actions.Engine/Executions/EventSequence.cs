using System.Diagnostics;
using Actions.Engine.Outcomes;
using Actions.Engine.SpokenMessages;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Executions;

/// <summary>Creates, numbers and timestamps the events of one execution, and waits on its clock.</summary>
internal sealed class EventSequence(Execution execution, TimeProvider time)
{
    private int _sequence;

    public TimeSpan Elapsed => time.GetElapsedTime(execution.Started);

    private bool SpeakNaturally => execution.Plan.Messages.SpeakNaturally;

    public ExecutionEvent Start() =>
        Next(new ExecutionEvent { Start = new Start { Message = execution.Texts.Start, SpeakNaturally = SpeakNaturally } });

    public ExecutionEvent Delay(DelaySchedule schedule)
    {
        var next = Next(new ExecutionEvent { Delay = new Delay { Message = execution.Texts.Delay, SpeakNaturally = SpeakNaturally } });
        next.Delay.Ordinal = schedule.Take(next.Elapsed.ToTimeSpan());
        return next;
    }

    public ExecutionEvent Retry(Retry retry) => Next(new ExecutionEvent { Retry = retry });

    public ExecutionEvent DryRun(RenderedRequest request) =>
        Next(new ExecutionEvent { Result = new Result { RenderedRequest = request } });

    public ExecutionEvent Outcome(AttemptResult last, int attempts)
    {
        switch (last)
        {
            case AttemptResult.Succeeded { Result: var result }:
                result.Attempts = attempts;
                return Next(new ExecutionEvent { Result = result });
            case AttemptResult.Failed { Failure: var failure }:
                return Next(new ExecutionEvent { Failure = ToFailure(execution, failure, attempts) });
            default:
                throw new UnreachableException();
        }
    }

    public static Failure ToFailure(Execution execution, UpstreamFailure failure, int attempts) => new()
    {
        Body = failure.Answer?.Body ?? ByteString.Empty,
        BodyTruncated = failure.Answer?.BodyTruncated == true,
        ContentType = failure.Answer?.ContentType ?? "",
        Variables = { failure.Answer?.Variables ?? new Dictionary<string, Value>() },
        Message = failure.Message ?? execution.Texts.For(failure.Reason),
        Reason = failure.Reason,
        Stage = failure.Stage,
        Detail = failure.Detail,
        StatusCode = failure.StatusCode,
        Attempts = attempts,
        Retryable = failure.Retryable,
    };

    /// <summary>
    /// Returns when the task has completed or <see cref="Elapsed"/> has reached <paramref name="due"/>, never earlier.
    /// </summary>
    public async Task WaitAsync(Task task, TimeSpan due, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // A timer counts coarser ticks than the clock and may fire slightly early.
        while (!task.IsCompleted && due - Elapsed is { Ticks: > 0 } left)
        {
            var timer = Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), time, stop.Token);
            await Task.WhenAny(task, timer).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }

        // Checked even when nothing was awaited: a client that has disconnected gets no event that is already due.
        cancellationToken.ThrowIfCancellationRequested();
        await stop.CancelAsync().ConfigureAwait(false);
    }

    private ExecutionEvent Next(ExecutionEvent next)
    {
        next.Sequence = ++_sequence;
        next.Elapsed = Duration.FromTimeSpan(Elapsed);
        return next;
    }
}
