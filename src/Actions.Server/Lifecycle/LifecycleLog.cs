using System.Runtime.InteropServices;

namespace Actions.Server.Lifecycle;

/// <summary>The log events 100 to 199.</summary>
internal static partial class LifecycleLog
{
    [LoggerMessage(100, LogLevel.Warning, "The store is unavailable: not ready.")]
    public static partial void StoreIsUnavailable(this ILogger log, Exception failure);

    [LoggerMessage(101, LogLevel.Information, "The store is back: ready.")]
    public static partial void StoreIsBack(this ILogger log);

    [LoggerMessage(110, LogLevel.Information, "Received {Signal}.")]
    public static partial void SignalReceived(this ILogger log, PosixSignal signal);

    [LoggerMessage(111, LogLevel.Information, "Draining. Running calls: {Running}; they have {Grace} to finish.")]
    public static partial void DrainBegun(this ILogger log, int running, TimeSpan grace);

    [LoggerMessage(112, LogLevel.Information, "Still draining after {Elapsed} of {Grace}. Running calls: {Running}.")]
    public static partial void DrainContinues(this ILogger log, TimeSpan elapsed, TimeSpan grace, int running);

    [LoggerMessage(113, LogLevel.Information, "Drained in {Elapsed}.")]
    public static partial void Drained(this ILogger log, TimeSpan elapsed);

    [LoggerMessage(114, LogLevel.Warning, "The grace is over after {Elapsed}. Calls cut off: {Running}.")]
    public static partial void GraceOver(this ILogger log, TimeSpan elapsed, int running);
}
