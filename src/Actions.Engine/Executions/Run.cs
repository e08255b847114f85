using System.Collections.Concurrent;
using Actions.Engine.Masking;
using Actions.Engine.Outbound.Attempts;
using Actions.Engine.Outcomes;
using Actions.Engine.Request;
using Actions.Engine.Response;
using Actions.Engine.SpokenMessages;
using Actions.Engine.Variables;
using Actions.V1;

namespace Actions.Engine.Executions;

/// <summary>One execution, bound and rendered.</summary>
/// <param name="Plan">What is run.</param>
/// <param name="Request">What is sent.</param>
/// <param name="Texts">What is said.</param>
/// <param name="Variables">Its variables.</param>
/// <param name="Input">What the call brought.</param>
/// <param name="Began">The clock's timestamp from which the time-out counts.</param>
internal sealed record Run(
    ActionParts Plan, UpstreamRequest Request, SpokenTexts Texts, VariableValues Variables, ExecutionInput Input, long Began)
{
    private readonly ConcurrentQueue<string> _tokens = [];
    private volatile int _statusCode;

    /// <summary>The tokens it was sent with.</summary>
    public IReadOnlyCollection<string> Tokens => _tokens;

    /// <summary>The response's, from the moment that its headers are there; 0 before. One thread sets it, another may read it.</summary>
    public int StatusCode
    {
        get => _statusCode;
        set => _statusCode = value;
    }

    public void Remember(string token) => _tokens.Enqueue(token);

    public TimeSpan Timeout => Plan.Request.Timeout;

    public HostKey Host => new(Input.Workspace, Request.Url.Authority);

    /// <summary>Names that a sample's fields can't have any more.</summary>
    public IEnumerable<string> TakenNames => Plan.Variables.Names.Concat(Plan.Results.Variables);

    public ResponseReading Reading => new(Plan.Response, Plan.Results, Variables, WantsBody);

    private bool WantsBody =>
        Input.BodyView == BodyView.Full || (Input.BodyView == BodyView.Unspecified && Plan.Results.IsEmpty);

    /// <summary>Hides the secrets, the sensitive variables and the tokens that were sent so far.</summary>
    public SecretMask Mask() => new(
        [.. Plan.Authentication?.Secrets ?? [], .. Tokens, .. Variables.Texts(Plan.Variables.Sensitive)]);

    public UpstreamFailure TimedOut() => new(
        FailureReason.Timeout, $"The API took longer than the time-out of {Timeout.TotalMilliseconds:0} ms.", StatusCode);

    public ExecutionEvent Tell(Attempt attempt, int attempts)
    {
        if (attempt.Failure is { } failure)
            return new ExecutionEvent { Failure = ToFailure(failure, attempts) };
        attempt.Result!.Attempts = attempts;
        return new ExecutionEvent { Result = attempt.Result };
    }

    public Failure ToFailure(UpstreamFailure failure, int attempts) => new()
    {
        Message = failure.Message ?? Texts.For(failure.Reason),
        Reason = failure.Reason,
        Detail = failure.Detail,
        StatusCode = failure.StatusCode,
        Attempts = attempts,
        Retryable = failure.Retryable,
    };
}
