using Actions.V1;

namespace Actions.Engine.Outcomes;

/// <summary>What one attempt came to: a result or a failure.</summary>
internal sealed record Attempt
{
    public Attempt(Result result) => Result = result;

    public Attempt(UpstreamFailure failure) => Failure = failure;

    public Result? Result { get; }

    public UpstreamFailure? Failure { get; }
}
