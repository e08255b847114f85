using System.Diagnostics;
using Grpc.Core;

namespace Actions.Server.Telemetry;

/// <summary>The trace of a client's call, W3C Trace Context.</summary>
internal static class ClientTrace
{
    // Of version 00. A later version may be longer, with members that nobody here knows.
    private const int Length = 55;

    /// <returns>The traceparent as the client sent it; empty if there is none, or one that isn't valid. An
    /// execution's span is made when it has ended, so the client's stays the parent of what an API is told.</returns>
    public static string Of(ServerCallContext context) =>
        // The framework's own: RequestHeaders would copy all of them.
        context.GetHttpContext().Request.Headers.TraceParent is [{ Length: Length } value]
        && ActivityContext.TryParse(value, traceState: null, out _)
            ? value
            : "";
}
