using Actions.V1;

namespace Actions.Engine.Outcomes;

/// <summary>What one attempt comes to: one of the two cases below, no other.</summary>
internal abstract record AttemptResult
{
    private AttemptResult()
    {
    }

    /// <summary>The response counts as a success.</summary>
    public sealed record Succeeded(Result Result) : AttemptResult;

    /// <summary>No response, or one that counts as a failure.</summary>
    public sealed record Failed(UpstreamFailure Failure) : AttemptResult;
}
