using System.Net;
using System.Runtime.InteropServices;
using Grpc.Core;

namespace Actions.Server.Logging;

/// <summary>All log events of the server. None has a body, a secret or a variable's value.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1, LogLevel.Information, "Call to {Method} rejected with {Code}: {Message}")]
    public static partial void CallRefused(this ILogger log, string method, StatusCode code, string message);

    [LoggerMessage(2, LogLevel.Warning, "Call to {Method} failed with {Code}.")]
    public static partial void CallFailed(this ILogger log, string method, StatusCode code, Exception cause);

    [LoggerMessage(3, LogLevel.Error, "Call to {Method} failed with an internal error, id {ErrorId}.")]
    public static partial void CallFailedInternally(this ILogger log, string method, string errorId, Exception cause);

    [LoggerMessage(4, LogLevel.Warning, "Workspace '{Workspace}' exceeds its limit of {Limit}; calls are rejected. See the settings under Limits.")]
    public static partial void WorkspaceBeyondLimit(this ILogger log, string workspace, string limit);

    [LoggerMessage(5, LogLevel.Information, "Call of {Client} to {Method} rejected with {Code}: {Message}")]
    public static partial void StrangerRefused(this ILogger log, IPAddress? client, string method, StatusCode code,
        string message);

    [LoggerMessage(6, LogLevel.Warning, "{Number} more calls of {Client} rejected since the last line about them.")]
    public static partial void StrangersRefused(this ILogger log, int number, IPAddress client);

    [LoggerMessage(10, LogLevel.Information,
        "Execution {ExecutionId} of action {ActionId} for call '{CallId}': {Outcome} after {Elapsed}. Attempts: {Attempts}.")]
    public static partial void Executed(
        this ILogger log, string executionId, string actionId, string callId, string outcome, TimeSpan elapsed, int attempts);

    [LoggerMessage(11, LogLevel.Warning,
        "Execution {ExecutionId} of action {ActionId} for call '{CallId}' failed, {Reason}, after {Elapsed}. "
        + "Attempts: {Attempts}. {Detail}")]
    public static partial void ExecutionFailed(
        this ILogger log,
        string executionId,
        string actionId,
        string callId,
        V1.FailureReason reason,
        TimeSpan elapsed,
        int attempts,
        string detail);

    [LoggerMessage(12, LogLevel.Information, "Execution {ExecutionId} of action {ActionId} for call '{CallId}' was cancelled by the client.")]
    public static partial void ExecutionAbandoned(this ILogger log, string executionId, string actionId, string callId);

    [LoggerMessage(13, LogLevel.Information,
        "Execution {ExecutionId} of action {ActionId}: starting attempt {Attempt}; the previous one failed, {Reason}. {Detail}")]
    public static partial void ExecutionRetried(
        this ILogger log, string executionId, string actionId, int attempt, V1.FailureReason reason, string detail);

    [LoggerMessage(14, LogLevel.Warning, "Responses for action {ActionId} no longer match its sample: {Fields}.")]
    public static partial void ResultDrifted(this ILogger log, string actionId, string fields);

    [LoggerMessage(15, LogLevel.Warning, "The sample of action {ActionId} was not saved: the store is unavailable.")]
    public static partial void SampleNotKept(this ILogger log, string actionId, Exception cause);

    [LoggerMessage(16, LogLevel.Warning, "Outbound call to {Origin} blocked: {Explanation}.")]
    public static partial void OutboundCallRefused(this ILogger log, string origin, string explanation);

    [LoggerMessage(20, LogLevel.Information,
        "Execution {ExecutionId} of action {ActionId} goes on although nobody listens any more.")]
    public static partial void RunDetached(this ILogger log, string executionId, string actionId);

    [LoggerMessage(21, LogLevel.Warning,
        "Execution {ExecutionId} of action {ActionId} is aborted: nobody listens any more, and as many executions as"
        + " Calls:MaxDetached allows go on already.")]
    public static partial void RunHasNoPlace(this ILogger log, string executionId, string actionId);

    [LoggerMessage(22, LogLevel.Information,
        "Action {ActionId} for call '{CallId}' was asked for again: the client gets the events of {ExecutionId}.")]
    public static partial void ExecutionRepeated(this ILogger log, string actionId, string callId, string executionId);

    [LoggerMessage(23, LogLevel.Error, "Execution {ExecutionId} of action {ActionId} failed with an internal error.")]
    public static partial void RunFailed(this ILogger log, string executionId, string actionId, Exception cause);

    [LoggerMessage(24, LogLevel.Error, "{Number} executions can't be kept.")]
    public static partial void RunsNotKept(this ILogger log, int number, Exception cause);

    [LoggerMessage(25, LogLevel.Error, "The watch over ended calls failed; it goes on.")]
    public static partial void CallWatchFailed(this ILogger log, Exception cause);

    [LoggerMessage(17, LogLevel.Information,
        "Prepared {Actions} actions for call '{CallId}' in {Elapsed}. Not ready: {NotReady}.")]
    public static partial void Prepared(this ILogger log, int actions, string callId, TimeSpan elapsed, int notReady);

    [LoggerMessage(100, LogLevel.Warning, "Store unavailable; the server is not ready.")]
    public static partial void StoreIsUnavailable(this ILogger log, Exception failure);

    [LoggerMessage(101, LogLevel.Information, "Store available again; the server is ready.")]
    public static partial void StoreIsBack(this ILogger log);

    [LoggerMessage(102, LogLevel.Warning,
        "Store not available yet; the server is not ready. Retrying every second.")]
    public static partial void StoreIsAwaited(this ILogger log, Exception failure);

    [LoggerMessage(103, LogLevel.Information, "Store prepared; the server is ready.")]
    public static partial void StoreIsPrepared(this ILogger log);

    [LoggerMessage(104, LogLevel.Information, "Change stream active: changes by other servers arrive as they happen.")]
    public static partial void ChangeNotificationsActive(this ILogger log);

    [LoggerMessage(105, LogLevel.Warning, "Change stream silent; falling back to polling every {Interval}.")]
    public static partial void ChangeNotificationsSilent(this ILogger log, TimeSpan interval);

    [LoggerMessage(106, LogLevel.Error, "Change stream failed; reconnecting.")]
    public static partial void ChangeStreamFailed(this ILogger log, Exception cause);

    [LoggerMessage(107, LogLevel.Error, "Refreshing the API keys failed; retrying.")]
    public static partial void KeyRefreshFailed(this ILogger log, Exception cause);

    [LoggerMessage(140, LogLevel.Warning,
        "The history's database is unavailable; executions go on, and are kept in memory as far as there is room. "
        + "Retrying every second.")]
    public static partial void HistoryIsUnavailable(this ILogger log, Exception failure);

    [LoggerMessage(141, LogLevel.Information, "The history's database is available again.")]
    public static partial void HistoryIsBack(this ILogger log);

    [LoggerMessage(142, LogLevel.Warning,
        "{Number} executions were not recorded since the last line about it: the history's database is too slow. See "
        + "History:ProcessorShare and History:QueueSize.")]
    public static partial void HistoryDropped(this ILogger log, long number);

    [LoggerMessage(143, LogLevel.Error, "{Number} executions can't be recorded.")]
    public static partial void HistoryFailed(this ILogger log, int number, Exception cause);

    [LoggerMessage(144, LogLevel.Warning,
        "What is too old wasn't deleted from the history; trying again in {Interval}.")]
    public static partial void HistoryNotPurged(this ILogger log, TimeSpan interval, Exception cause);

    [LoggerMessage(110, LogLevel.Information, "Received {Signal}.")]
    public static partial void SignalReceived(this ILogger log, PosixSignal signal);

    [LoggerMessage(111, LogLevel.Information, "Draining. Running calls: {Running}; grace period: {Grace}.")]
    public static partial void DrainStarted(this ILogger log, int running, TimeSpan grace);

    [LoggerMessage(112, LogLevel.Information, "Still draining after {Elapsed} of {Grace}. Running calls: {Running}.")]
    public static partial void DrainContinues(this ILogger log, TimeSpan elapsed, TimeSpan grace, int running);

    [LoggerMessage(113, LogLevel.Information, "Drained in {Elapsed}.")]
    public static partial void Drained(this ILogger log, TimeSpan elapsed);

    [LoggerMessage(114, LogLevel.Warning, "Grace period expired after {Elapsed}. Calls aborted: {Running}.")]
    public static partial void GracePeriodExpired(this ILogger log, TimeSpan elapsed, int running);

    [LoggerMessage(120, LogLevel.Information,
        "New element '{Name}' in the key ring. Key-encryption key: {KeyEncryptionKeyId}.")]
    public static partial void KeyIsStored(this ILogger log, string name, string keyEncryptionKeyId);

    [LoggerMessage(121, LogLevel.Warning,
        "Key ring is stored in the clear: read access to the store is access to all secrets. To encrypt it, set {Settings}.")]
    public static partial void KeyRingIsNotEncrypted(this ILogger log, string settings);

    [LoggerMessage(130, LogLevel.Warning,
        "Closed connection from {Client}: too many {Frames}. See Server:ResetBurst and Server:ControlFrameBurst.")]
    public static partial void ConnectionFlooded(this ILogger log, EndPoint? client, string frames);

    [LoggerMessage(131, LogLevel.Warning,
        "Closed connection from {Client}, which had no valid credentials yet: the listener is full. See {Setting}.")]
    public static partial void StrangerDisconnected(this ILogger log, IPAddress client, string setting);

    [LoggerMessage(132, LogLevel.Warning,
        "Closed {Number} more connections from {Client} since the last line about them.")]
    public static partial void StrangersDisconnected(this ILogger log, int number, IPAddress client);

    [LoggerMessage(150, LogLevel.Warning, "What a call remembers as '{Name}' can't be decrypted.")]
    public static partial void MemoryUnreadable(this ILogger log, string name, Exception cause);

    [LoggerMessage(151, LogLevel.Warning,
        "Result of action {ActionId} in call {CallId}: '{Name}' isn't remembered, because the call already remembers"
        + " {MaxBytes} bytes. See Calls:MaxCallBytes.")]
    public static partial void MemoryFull(this ILogger log, string actionId, string callId, string name, long maxBytes);
}
