using Actions.Engine.Outbound;
using Actions.V1;

namespace Actions.Engine.Execution;

/// <summary>One execution, bound and rendered.</summary>
/// <param name="Plan">What is run.</param>
/// <param name="Request">What is sent.</param>
/// <param name="Texts">What is said.</param>
/// <param name="BodyView">Whether the result carries the body.</param>
/// <param name="Began">The clock's timestamp from which the time-out counts.</param>
internal sealed record Run(ActionPlan Plan, UpstreamRequest Request, SpokenTexts Texts, BodyView BodyView, long Began)
{
    private volatile int _statusCode;

    /// <summary>The response's, from the moment that its headers are there; 0 before. One thread sets it, another may read it.</summary>
    public int StatusCode
    {
        get => _statusCode;
        set => _statusCode = value;
    }

    public TimeSpan Timeout => Plan.Request.Timeout;

    public bool WantsBody => BodyView == BodyView.Full || (BodyView == BodyView.Unspecified && Plan.Results.IsEmpty);

    public UpstreamFailure TimedOut() => new(
        FailureReason.Timeout, $"The API took longer than the time-out of {Timeout.TotalMilliseconds:0} ms.", StatusCode);

    public ExecutionEvent Fail(UpstreamFailure failure, int attempts = 1) => new() { Failure = ToFailure(failure, attempts) };

    public Failure ToFailure(UpstreamFailure failure, int attempts = 1) => new()
    {
        Message = Texts.Failure,
        Reason = failure.Reason,
        Detail = failure.Detail,
        StatusCode = failure.StatusCode,
        Attempts = attempts,
        Retryable = failure.Retryable,
    };
}
