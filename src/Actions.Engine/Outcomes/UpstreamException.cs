namespace Actions.Engine.Outcomes;

/// <summary>A failure that prevents a usable response.</summary>
internal sealed class UpstreamException(UpstreamFailure failure) : Exception(failure.Detail)
{
    public UpstreamFailure Failure { get; } = failure;
}
