using System.Diagnostics;
using Actions.Engine.Outcomes;
using Actions.Engine.SpokenMessages;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Executions;

/// <summary>Creates, numbers and timestamps the events of one execution.</summary>
internal sealed class EventSequence(Execution execution, TimeProvider time)
{
    private int _sequence;

    public TimeSpan Elapsed => time.GetElapsedTime(execution.Started);

    private bool SpeakNaturally => execution.Plan.Messages.SpeakNaturally;

    public ExecutionEvent Start()
    {
        var start = new Start { Message = execution.Texts.Start, SpeakNaturally = SpeakNaturally };
        if (execution.Recent.Known is { } known)
            (start.Typical, start.Slow) = (known.Typical, known.Slow);
        return Next(new ExecutionEvent { Start = start });
    }

    public ExecutionEvent Delay(DelaySchedule schedule)
    {
        var next = Next(new ExecutionEvent { Delay = new Delay { Message = execution.Texts.Delay, SpeakNaturally = SpeakNaturally } });
        next.Delay.Ordinal = schedule.Take(next.Elapsed.ToTimeSpan());
        return next;
    }

    public ExecutionEvent Retry(Retry retry, IEnumerable<string> tokens)
    {
        retry.Detail = execution.MaskOfText(tokens).Mask(retry.Detail);
        return Next(new ExecutionEvent { Retry = retry });
    }

    public ExecutionEvent DryRun(RenderedRequest request) =>
        Next(new ExecutionEvent { Result = new Result { RenderedRequest = request } });

    public ExecutionEvent Outcome(AttemptResult last, ExecutionProgress progress)
    {
        switch (last)
        {
            case AttemptResult.Succeeded { Result: var result }:
                result.Attempts = progress.Attempts;
                return Next(new ExecutionEvent { Result = result });
            case AttemptResult.Failed { Failure: var failure }:
                var told = ToFailure(execution, failure, progress.Attempts, progress.Tokens);
                told.OutcomeUnknown = progress.IsUnknownAfter(failure);
                return Next(new ExecutionEvent { Failure = told });
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>The detail may quote what the API answered; the message is for the caller, who may hear it.</summary>
    public static Failure ToFailure(
        Execution execution, UpstreamFailure failure, int attempts, IEnumerable<string> tokens) => new()
    {
        Body = failure.Answer?.Body ?? ByteString.Empty,
        BodyTruncated = failure.Answer?.BodyTruncated == true,
        ContentType = failure.Answer?.ContentType ?? "",
        Variables = { failure.Answer?.Variables ?? new Dictionary<string, Value>() },
        Message = failure.Message ?? execution.Texts.For(failure.Reason),
        Reason = failure.Reason,
        Stage = failure.Stage,
        Detail = execution.MaskOfText(tokens).Mask(failure.Detail),
        StatusCode = failure.StatusCode,
        Attempts = attempts,
        Retryable = failure.Retryable,
    };

    private ExecutionEvent Next(ExecutionEvent next)
    {
        next.Sequence = ++_sequence;
        next.Simulated = execution.Input.Simulation is not null;
        next.Elapsed = Duration.FromTimeSpan(Elapsed);
        return next;
    }
}
