using Actions.Engine.Http;
using Actions.Engine.Outcomes;
using Actions.V1;

namespace Actions.Engine.Outbound.Attempts;

/// <summary>Whether and when a failed attempt is made again.</summary>
/// <param name="MaxAttempts">The first one included.</param>
/// <param name="InitialBackoff">Before the second attempt; doubles from there.</param>
/// <param name="Statuses">Those worth another attempt.</param>
/// <param name="NeedsIdempotencyKey">The method isn't idempotent: every attempt carries the same key.</param>
internal sealed record RetryPlan(int MaxAttempts, TimeSpan InitialBackoff, StatusSet Statuses, bool NeedsIdempotencyKey)
{
    public static RetryPlan Never { get; } = new(1, TimeSpan.Zero, StatusSet.Retryable, NeedsIdempotencyKey: false);

    public bool IsWorthIt(UpstreamFailure failure) => failure.Reason switch
    {
        FailureReason.OutcomeRule => failure.RetryWanted,
        FailureReason.HttpStatus => Statuses.Contains(failure.StatusCode),
        // Nothing of the time-out is left.
        FailureReason.Timeout => false,
        // More of the same would only add to it.
        FailureReason.Overloaded => false,
        _ => failure.Retryable,
    };
}
