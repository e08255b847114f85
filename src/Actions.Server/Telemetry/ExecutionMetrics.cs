using System.Diagnostics;
using System.Diagnostics.Metrics;
using Actions.Engine.Telemetry;
using Actions.V1;
using Microsoft.Extensions.Options;
using Kind = Actions.V1.ExecutionEvent.EventOneofCase;

namespace Actions.Server.Telemetry;

/// <summary>Metrics of executions: their duration, and the delay of events until the transport takes them.</summary>
/// <remarks>https://github.com/open-telemetry/semantic-conventions-genai: a tool is an action here.</remarks>
internal sealed class ExecutionMetrics
{
    private const string DryRun = "dry_run";
    private const string EventTag = "actions.event.type";

    private readonly Histogram<double> _durations;
    private readonly Histogram<double> _lags;
    private readonly ToolNames _names;
    private readonly TimeProvider _time;

    public ExecutionMetrics(IMeterFactory meters, TimeProvider time, IOptions<TelemetryOptions> options)
    {
        var meter = meters.Create(TelemetryRegistration.MeterName);
        _durations = meter.CreateHistogram(
            "gen_ai.execute_tool.duration", "s", "Time from the start of an execution to its result, failure or cancellation.",
            tags: null, DurationBuckets.Call);
        _lags = meter.CreateHistogram(
            "actions.event.lag", "s", "Time from when an event was emitted until the transport took it.",
            tags: null, DurationBuckets.Internal);
        _names = new ToolNames(options.Value.MaxToolNames);
        _time = time;
    }

    /// <param name="written">The event that the transport has just taken.</param>
    /// <param name="began">The clock's timestamp when the execution began.</param>
    public void EventWritten(ExecutionEvent written, long began)
    {
        if (!_lags.Enabled)
            return;
        var lag = _time.GetElapsedTime(began) - written.Elapsed.ToTimeSpan();
        _lags.Record(Math.Max(0, lag.TotalSeconds), new KeyValuePair<string, object?>(EventTag, NameOf(written.EventCase)));
    }

    /// <param name="action">The action's name.</param>
    /// <param name="last">The last event. Neither Result nor Failure: the execution was cancelled.</param>
    /// <param name="dryRun">True: no request was sent.</param>
    /// <param name="began">The clock's timestamp when the execution began.</param>
    public void Ended(string action, ExecutionEvent last, bool dryRun, long began)
    {
        if (!_durations.Enabled)
            return;
        var (outcome, error, elapsed) = last switch
        {
            { Result: not null } => (dryRun ? DryRun : MetricTags.Success, null, last.Elapsed.ToTimeSpan()),
            { Failure: { } failure } => (MetricTags.Failure, MetricTags.Of(failure.Reason), last.Elapsed.ToTimeSpan()),
            _ => (MetricTags.Cancelled, MetricTags.Cancelled, _time.GetElapsedTime(began)),
        };
        var tags = new TagList { { "gen_ai.operation.name", "execute_tool" }, { MetricTags.Outcome, outcome } };
        if (error is not null)
            tags.Add(MetricTags.ErrorType, error);
        if (_names.Bounded(action) is { } name)
            tags.Add("gen_ai.tool.name", name);
        _durations.Record(elapsed.TotalSeconds, tags);
    }

    private static string NameOf(Kind kind) => kind switch
    {
        Kind.Start => "start",
        Kind.Delay => "delay",
        Kind.Retry => "retry",
        Kind.Result => "result",
        Kind.Failure => "failure",
        _ => MetricTags.Other,
    };
}
