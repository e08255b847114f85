using System.Diagnostics;
using Actions.Engine.Executions;
using Actions.Engine.Telemetry;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Telemetry;

/// <summary>
/// Spans of executions and their attempts, in the trace of the client's call. They are made when an execution has
/// ended, of what its journal says: until then it does nothing for them.
/// </summary>
/// <remarks>https://github.com/open-telemetry/semantic-conventions-genai: a tool is an action here. Attempts follow the
/// conventions for HTTP clients.</remarks>
internal sealed class ExecutionSpans : IDisposable
{
    public const string SourceName = "Actions.Server";

    private readonly ActivitySource _source = new(SourceName);

    /// <summary>Somebody listens.</summary>
    public bool AreWanted => _source.HasListeners();

    public void Dispose() => _source.Dispose();

    /// <returns>The trace's id; empty if there is no span.</returns>
    public string Record(EndedExecution execution)
    {
        if (!AreWanted)
            return "";
        // The framework's own, which nobody records, would be the parent of a span without one.
        var framework = Activity.Current;
        Activity.Current = null;
        try
        {
            return RecordExecution(execution);
        }
        finally
        {
            Activity.Current = framework;
        }
    }

    private string RecordExecution(EndedExecution execution)
    {
        ActivityContext.TryParse(execution.Journal.Traceparent, traceState: null, isRemote: true, out var parent);
        using var span = _source.StartActivity(
            $"execute_tool {execution.ActionName}", ActivityKind.Internal, parent, startTime: execution.Started);
        if (span is null)
            return "";
        span.SetTag("gen_ai.operation.name", "execute_tool");
        span.SetTag("gen_ai.tool.name", execution.ActionName);
        span.SetTag("gen_ai.tool.type", "extension");
        if (execution.ToolCallId.Length > 0)
            span.SetTag("gen_ai.tool.call.id", execution.ToolCallId);
        if (execution.CallId.Length > 0)
            span.SetTag("gen_ai.conversation.id", execution.CallId);
        span.SetTag("actions.execution.id", execution.ExecutionId);
        if (execution.ErrorType is { } error)
            Fail(span, error);
        if (span.IsAllDataRequested)
            RecordAttempts(execution, span.Context);
        span.SetEndTime((execution.Started + execution.Elapsed).UtcDateTime);
        return span.TraceId.ToHexString();
    }

    private void RecordAttempts(EndedExecution execution, ActivityContext parent)
    {
        var attempts = execution.Journal.Attempts;
        if (attempts.Count == 0 || execution.Journal.Request(withContent: false) is not { } request)
            return;
        var method = request.Method.ToString().ToUpperInvariant();
        var url = new Uri(request.Url);
        foreach (var attempt in attempts)
        {
            var started = execution.Started + attempt.Start.ToTimeSpan();
            using var span = _source.StartActivity(method, ActivityKind.Client, parent, startTime: started);
            if (span is null)
                continue;
            span.SetTag("http.request.method", method);
            // Values may be personal, and the query of a URL is where keys are.
            span.SetTag("url.full", request.Url);
            span.SetTag("server.address", url.IdnHost);
            span.SetTag("server.port", url.Port);
            if (attempt.Number > 1)
                span.SetTag("http.request.resend_count", attempt.Number - 1);
            if (attempt.StatusCode > 0)
                span.SetTag("http.response.status_code", attempt.StatusCode);
            if (attempt.HttpVersion.Length > 0)
                span.SetTag("network.protocol.version", attempt.HttpVersion);
            TagConnection(span, attempt);
            if (attempt.Reason != FailureReason.Unspecified)
                Fail(span, MetricTags.Of(attempt.Reason));
            span.SetEndTime((started + attempt.Elapsed.ToTimeSpan()).UtcDateTime);
        }
    }

    private static void TagConnection(Activity span, AttemptRecord attempt)
    {
        if (attempt.RemoteAddress.LastIndexOf(':') is > 0 and var colon)
        {
            span.SetTag("network.peer.address", attempt.RemoteAddress[..colon].Trim('[', ']'));
            span.SetTag("network.peer.port", int.Parse(attempt.RemoteAddress[(colon + 1)..], null));
        }

        span.SetTag("actions.connection.reused", attempt.ConnectionReused);
        TagPhase(span, "actions.phase.queue", attempt.Queue);
        TagPhase(span, "actions.phase.authorize", attempt.Authorize);
        TagPhase(span, "actions.phase.resolve", attempt.Resolve);
        TagPhase(span, "actions.phase.connect", attempt.Connect);
        TagPhase(span, "actions.phase.tls", attempt.Tls);
        TagPhase(span, "actions.phase.send", attempt.Send);
        TagPhase(span, "actions.phase.wait", attempt.Wait);
        TagPhase(span, "actions.phase.read", attempt.Read);
    }

    private static void TagPhase(Activity span, string name, Duration? took)
    {
        if (took is not null)
            span.SetTag(name, took.ToTimeSpan().TotalSeconds);
    }

    private static void Fail(Activity span, string error)
    {
        span.SetTag(MetricTags.ErrorType, error);
        span.SetStatus(ActivityStatusCode.Error);
    }
}

/// <summary>What a span tells of an execution that has ended.</summary>
/// <param name="ErrorType">Null: a success.</param>
internal readonly record struct EndedExecution(
    string ExecutionId,
    string ActionName,
    string CallId,
    string ToolCallId,
    DateTimeOffset Started,
    TimeSpan Elapsed,
    string? ErrorType,
    ExecutionJournal Journal);
