using Actions.Engine.Http;
using Actions.V1;

namespace Actions.Engine.Outcomes;

/// <summary>A failed call of an API. <see cref="FailureTraits"/> has the traits of its reason.</summary>
/// <param name="Reason">The kind of failure.</param>
/// <param name="Detail">For developers; contains no variable, header or body.</param>
/// <param name="StatusCode">The response's status; 0 if no response arrived.</param>
internal sealed record UpstreamFailure(FailureReason Reason, string Detail, int StatusCode = 0)
{
    /// <summary>The stage that the attempt had reached. Unspecified: not known yet.</summary>
    public FailureStage Stage { get; init; } = FailureTraits.Of(Reason).Stage;

    /// <summary>
    /// The same call may succeed later. The statuses 408, 429, 502, 503 and 504 indicate it themselves.
    /// </summary>
    public bool Retryable { get; init; } = FailureTraits.Of(Reason).IsTransient
        || (Reason == FailureReason.HttpStatus && StatusSet.Retryable.Contains(StatusCode));

    /// <summary>A kept connection was closed under the request. The API most likely didn't read it.</summary>
    public bool OnKeptConnection { get; init; }

    /// <summary>An outcome rule asks for another attempt.</summary>
    public bool RetryRequested { get; init; }

    /// <summary>The wait that the API asks for, RFC 9110 section 10.2.3.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>An outcome rule's message; null: the action's message for the reason.</summary>
    public string? Message { get; init; }

    /// <summary>What the API said; null if no response arrived.</summary>
    public FailureAnswer? Answer { get; init; }

    /// <summary>Whether the failure counts for the circuit breaker.</summary>
    public bool IsHostFault => StatusCode >= 500 || FailureTraits.Of(Reason).IsHostFault;

    /// <summary>
    /// The request may have reached the API, and no answer says what became of it. 501 and 503 say that nothing was
    /// done, any other status of 500 or above says nothing.
    /// </summary>
    public bool LeavesOutcomeUnknown => Stage switch
    {
        FailureStage.Send or FailureStage.Wait or FailureStage.Read => true,
        // The API may have done it; what can't be used is what it said about it.
        FailureStage.Judge when Reason is FailureReason.Timeout or FailureReason.MissingResult => true,
        FailureStage.Judge when Reason is not (FailureReason.HttpStatus or FailureReason.OutcomeRule)
            && StatusCode is >= 200 and < 300 => true,
        _ => StatusCode is >= 500 and not (501 or 503),
    };

    /// <summary>The same failure, with the attempt's stage and status if the failure itself has none.</summary>
    public UpstreamFailure At(FailureStage stage, int statusCode) => this with
    {
        Stage = Stage == FailureStage.Unspecified ? stage : Stage,
        StatusCode = StatusCode == 0 ? statusCode : StatusCode,
    };
}
