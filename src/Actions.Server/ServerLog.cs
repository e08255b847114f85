using Grpc.Core;

namespace Actions.Server;

/// <summary>Every log event of the calls. Never a body, a secret or a variable's value.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1, LogLevel.Information, "{Method} was refused with {Code}: {Message}")]
    public static partial void CallRefused(this ILogger log, string method, StatusCode code, string message);

    [LoggerMessage(2, LogLevel.Warning, "{Method} failed with {Code}.")]
    public static partial void CallFailed(this ILogger log, string method, StatusCode code, Exception cause);

    [LoggerMessage(3, LogLevel.Error, "{Method} broke; error id {ErrorId}.")]
    public static partial void CallBroke(this ILogger log, string method, string errorId, Exception cause);

    [LoggerMessage(10, LogLevel.Information, "Execution {ExecutionId} of action {ActionId} for call '{CallId}': {Outcome} after {Elapsed}.")]
    public static partial void Executed(
        this ILogger log, string executionId, string actionId, string callId, string outcome, TimeSpan elapsed);

    [LoggerMessage(11, LogLevel.Warning, "Execution {ExecutionId} of action {ActionId} for call '{CallId}' failed, {Reason}, after {Elapsed}: {Detail}")]
    public static partial void ExecutionFailed(
        this ILogger log, string executionId, string actionId, string callId, V1.FailureReason reason, TimeSpan elapsed, string detail);

    [LoggerMessage(12, LogLevel.Information, "Execution {ExecutionId} of action {ActionId} for call '{CallId}' was abandoned.")]
    public static partial void ExecutionAbandoned(this ILogger log, string executionId, string actionId, string callId);
}
