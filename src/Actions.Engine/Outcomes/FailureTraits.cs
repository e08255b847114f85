using System.Collections.Frozen;
using Actions.V1;

namespace Actions.Engine.Outcomes;

/// <summary>What a failure's reason implies. A new reason is one line of this table.</summary>
internal sealed record FailureTraits
{
    private static readonly FrozenDictionary<FailureReason, FailureTraits> Table = new Dictionary<FailureReason, FailureTraits>
    {
        [FailureReason.Unspecified] = new(),
        // Nothing of the time-out is left for another attempt.
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
        [FailureReason.InvalidResponse] = new() { Detail = "What came is no valid HTTP response." },
        [FailureReason.MissingResult] = new() { Stage = FailureStage.Judge },
        // The token endpoint's failure says whether it is transient.
        [FailureReason.Authentication] = new() { Retry = RetryRule.WhenTransient, Stage = FailureStage.Authorize },
        // Another attempt would add to the load.
        [FailureReason.Overloaded] = new() { IsTransient = true, Stage = FailureStage.Queue },
        [FailureReason.InvalidArguments] = new(),
        [FailureReason.OutcomeRule] = new() { Retry = RetryRule.OnRequest, Stage = FailureStage.Judge },
    }.ToFrozenDictionary();

    /// <summary>The same call may succeed later. A status may say so too.</summary>
    public bool IsTransient { get; private init; }

    /// <summary>The host is in trouble, not the request wrong: counts for the circuit breaker, as a status of 500 or
    /// more does.</summary>
    public bool IsHostFault { get; private init; }

    /// <summary>Whether a retry policy makes another attempt.</summary>
    public RetryRule Retry { get; private init; }

    /// <summary>The only stage at which it occurs; unspecified: the attempt knows how far it had come.</summary>
    public FailureStage Stage { get; private init; }

    /// <summary>For developers, where HttpClient's error says no more.</summary>
    public string Detail { get; private init; } = "";

    public static FailureTraits Of(FailureReason reason) => Table[reason];
}

/// <summary>When a failure is worth another attempt.</summary>
internal enum RetryRule
{
    Never,
    /// <summary>The retry policy lists the status.</summary>
    ByStatus,

    /// <summary>The failure is transient.</summary>
    WhenTransient,

    /// <summary>An outcome rule asks for it.</summary>
    OnRequest,
}
