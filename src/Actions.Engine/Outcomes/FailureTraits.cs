using System.Collections.Frozen;
using Actions.V1;

namespace Actions.Engine.Outcomes;

/// <summary>The traits of each failure reason. A new reason is one line in this table.</summary>
internal sealed record FailureTraits
{
    private static readonly FrozenDictionary<FailureReason, FailureTraits> Table = new Dictionary<FailureReason, FailureTraits>
    {
        [FailureReason.Unspecified] = new(),
        // The timeout leaves no time for another attempt.
        [FailureReason.Timeout] = new() { IsTransient = true, IsHostFault = true },
        [FailureReason.HttpStatus] = new() { Retry = RetryRule.ByStatus, Stage = FailureStage.Judge },
        [FailureReason.NameResolution] = new()
        {
            IsTransient = true,
            IsHostFault = true,
            Retry = RetryRule.WhenTransient,
            Stage = FailureStage.Resolve,
            Detail = "The host's name has no address.",
        },
        [FailureReason.Connection] = new()
        {
            IsTransient = true,
            IsHostFault = true,
            Retry = RetryRule.WhenTransient,
            Detail = "The connection broke in the middle of the call.",
        },
        [FailureReason.Tls] = new()
        {
            IsHostFault = true,
            Stage = FailureStage.Tls,
            Detail = "TLS could not be set up: the certificate isn't trusted or valid for this host, or the handshake failed.",
        },
        [FailureReason.BlockedAddress] = new() { Stage = FailureStage.Guard },
        [FailureReason.ResponseTooLarge] = new() { Detail = "The response's headers are too large." },
        [FailureReason.InvalidResponse] = new() { Detail = "The received data isn't a valid HTTP response." },
        [FailureReason.MissingResult] = new() { Stage = FailureStage.Judge },
        // The token endpoint's failure itself states whether it is transient.
        [FailureReason.Authentication] = new() { Retry = RetryRule.WhenTransient, Stage = FailureStage.Authorize },
        // Another attempt would add to the load.
        [FailureReason.Overloaded] = new() { IsTransient = true, Stage = FailureStage.Queue },
        [FailureReason.InvalidArguments] = new(),
        [FailureReason.OutcomeRule] = new() { Retry = RetryRule.OnRequest, Stage = FailureStage.Judge },
        // Of a conversation's earlier execution, not of an attempt.
        [FailureReason.UnknownOutcome] = new() { Stage = FailureStage.Queue },
        [FailureReason.Aborted] = new(),
    }.ToFrozenDictionary();

    /// <summary>The same call may succeed later. Some statuses indicate it too.</summary>
    public bool IsTransient { get; private init; }

    /// <summary>
    /// The host is at fault, not the request: counts for the circuit breaker, like a status of 500 or above.
    /// </summary>
    public bool IsHostFault { get; private init; }

    /// <summary>Whether a retry policy makes another attempt.</summary>
    public RetryRule Retry { get; private init; }

    /// <summary>The only stage at which the failure occurs. Unspecified: the attempt knows its stage.</summary>
    public FailureStage Stage { get; private init; }

    /// <summary>The detail for developers, used if HttpClient's error gives none.</summary>
    public string Detail { get; private init; } = "";

    public static FailureTraits Of(FailureReason reason) => Table[reason];
}

/// <summary>The condition for retrying a failure.</summary>
internal enum RetryRule
{
    Never,
    /// <summary>The retry policy lists the status.</summary>
    ByStatus,

    /// <summary>The failure is transient.</summary>
    WhenTransient,

    /// <summary>An outcome rule requests a retry.</summary>
    OnRequest,
}
