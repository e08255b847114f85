using Actions.Engine.Http;
using Actions.Engine.Outcomes;

namespace Actions.Engine.Outbound.Attempts;

/// <summary>Whether and when a failed attempt is repeated.</summary>
/// <param name="MaxAttempts">The limit, including the first attempt.</param>
/// <param name="InitialBackoff">The wait before the second attempt; doubles before each further one.</param>
/// <param name="Statuses">The statuses that are retried.</param>
/// <param name="NeedsIdempotencyKey">The method isn't idempotent: every attempt carries the same key.</param>
internal sealed record RetryPlan(int MaxAttempts, TimeSpan InitialBackoff, StatusSet Statuses, bool NeedsIdempotencyKey)
{
    public static RetryPlan Never { get; } = new(1, TimeSpan.Zero, StatusSet.Retryable, NeedsIdempotencyKey: false);

    public bool ShouldRetry(UpstreamFailure failure) => FailureTraits.Of(failure.Reason).Retry switch
    {
        RetryRule.ByStatus => Statuses.Contains(failure.StatusCode),
        RetryRule.WhenTransient => failure.Retryable,
        RetryRule.OnRequest => failure.RetryRequested,
        _ => false,
    };
}
