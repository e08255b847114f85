using Actions.V1;

namespace Actions.Engine.Telemetry;

/// <summary>
/// Attributes of the metrics and their values. All values are constants: nothing that a client, an action or an
/// upstream
/// response chooses becomes an attribute, so the number of series is bounded and no secret can get into one.
/// </summary>
public static class MetricTags
{
    public const string Outcome = "actions.outcome";
    public const string ErrorType = "error.type";

    public const string Success = "success";
    public const string Failure = "failure";
    public const string Cancelled = "cancelled";

    /// <summary>OpenTelemetry's word for a value outside of the known ones.</summary>
    public const string Other = "_OTHER";

    /// <summary>The <c>error.type</c> of a failure: its reason in lower case.</summary>
    public static string Of(FailureReason reason) => reason switch
    {
        FailureReason.Timeout => "timeout",
        FailureReason.HttpStatus => "http_status",
        FailureReason.NameResolution => "name_resolution",
        FailureReason.Connection => "connection",
        FailureReason.Tls => "tls",
        FailureReason.BlockedAddress => "blocked_address",
        FailureReason.ResponseTooLarge => "response_too_large",
        FailureReason.InvalidResponse => "invalid_response",
        FailureReason.MissingResult => "missing_result",
        FailureReason.Authentication => "authentication",
        FailureReason.Overloaded => "overloaded",
        FailureReason.InvalidArguments => "invalid_arguments",
        FailureReason.OutcomeRule => "outcome_rule",
        FailureReason.UnknownOutcome => "unknown_outcome",
        FailureReason.Aborted => Cancelled,
        _ => Other,
    };
}
