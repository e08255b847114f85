using Actions.Storage;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.History;

/// <summary>Builds what is stored of an execution.</summary>
internal static class HistoryEntries
{
    public static HistoryEntry Of(ExecutionTrail trail)
    {
        var record = new ExecutionRecord
        {
            ExecutionId = trail.ExecutionId,
            ActionId = trail.Plan.Id,
            ActionName = trail.Plan.Name,
            ActionRevision = trail.Plan.Revision,
            CallId = trail.CallId,
            ToolCallId = trail.ToolCallId,
            StartTime = Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeMilliseconds(trail.StartedAt)),
            Elapsed = Duration.FromTimeSpan(trail.Elapsed),
            State = trail.State,
            Reason = trail.Reason,
            Stage = trail.Stage,
            Detail = trail.Detail,
            StatusCode = trail.StatusCode,
            ResponseContentType = trail.ContentType,
            ReplayedExecutionId = trail.ReplayedExecutionId,
            TraceId = trail.TraceId,
        };
        if (trail.Warnings is { } warnings)
            record.Warnings.Add(warnings);
        foreach (var note in trail.Notes)
            record.Events.Add(ToEvent(note, ""));
        return new HistoryEntry(trail.Workspace, record, Content: null);
    }

    private static RecordedEvent ToEvent(ExecutionTrail.Note note, string text) => new()
    {
        Kind = note.Kind,
        Sequence = note.Sequence,
        Elapsed = Duration.FromTimeSpan(note.Elapsed),
        Text = text,
    };
}
