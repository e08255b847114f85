namespace Actions.Engine.Outcomes;

/// <summary>A failure on the way to an answer.</summary>
internal sealed class UpstreamException(UpstreamFailure failure) : Exception(failure.Detail)
{
    public UpstreamFailure Failure { get; } = failure;
}
