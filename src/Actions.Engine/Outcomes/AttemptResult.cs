using Actions.V1;

namespace Actions.Engine.Outcomes;

/// <summary>The result of one attempt: exactly one of the two cases below.</summary>
internal abstract record AttemptResult
{
    private AttemptResult()
    {
    }

    /// <summary>The response counts as a success.</summary>
    public sealed record Succeeded(Result Result) : AttemptResult;

    /// <summary>There is no response, or it counts as a failure.</summary>
    public sealed record Failed(UpstreamFailure Failure) : AttemptResult;
}
