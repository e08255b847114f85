using Actions.Engine.Http;
using Actions.V1;

namespace Actions.Engine.Outcomes;

/// <summary>What an API did wrong. <see cref="FailureTraits"/> has what its reason implies.</summary>
/// <param name="Reason">Its kind.</param>
/// <param name="Detail">For developers; holds no variable, header or body.</param>
/// <param name="StatusCode">0 when no response arrived.</param>
internal sealed record UpstreamFailure(FailureReason Reason, string Detail, int StatusCode = 0)
{
    /// <summary>How far the attempt had come. Unspecified: not known yet.</summary>
    public FailureStage Stage { get; init; } = FailureTraits.Of(Reason).Stage;

    /// <summary>The same call may succeed later. 408, 429, 502, 503 and 504 say so themselves.</summary>
    public bool Retryable { get; init; } = FailureTraits.Of(Reason).IsTransient
        || (Reason == FailureReason.HttpStatus && StatusSet.Retryable.Contains(StatusCode));

    /// <summary>A kept connection was closed under the request. The API most likely didn't read it.</summary>
    public bool OnKeptConnection { get; init; }

    /// <summary>An outcome rule asks for another attempt.</summary>
    public bool RetryRequested { get; init; }

    /// <summary>How long the API asks to wait, RFC 9110 section 10.2.3.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>An outcome rule's message; null: the action's message for the reason.</summary>
    public string? Message { get; init; }

    /// <summary>Counts for the circuit breaker.</summary>
    public bool IsHostFault => StatusCode >= 500 || FailureTraits.Of(Reason).IsHostFault;

    /// <summary>The same with what the attempt knows, where the failure itself doesn't say it.</summary>
    public UpstreamFailure At(FailureStage stage, int statusCode) => this with
    {
        Stage = Stage == FailureStage.Unspecified ? stage : Stage,
        StatusCode = StatusCode == 0 ? statusCode : StatusCode,
    };
}
