using Actions.Storage;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.History;

/// <summary>Builds what is stored of an execution. Slow beside the execution's own notes, so it isn't done on its
/// path.</summary>
internal static class HistoryEntries
{
    // As much as of a response's body. What is longer was sent, and nobody reads it in a list of events.
    private const int MaxRequestBytes = 64 << 10;
    private const int MaxText = 4_000;

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
            TraceId = trail.TraceId.Length > 0 ? trail.TraceId : TraceIdOf(trail.Journal.Traceparent),
            Request = Bounded(trail.Journal.Request(withContent: false)),
        };
        record.Attempts.Add(trail.Journal.Attempts);
        if (trail.Warnings is { } warnings)
            record.Warnings.Add(warnings);
        foreach (var note in trail.Notes)
            record.Events.Add(ToEvent(note, ""));
        return new HistoryEntry(trail.Workspace, record, trail.KeepsContent ? ContentOf(trail) : null);
    }

    private static ExecutionRecord ContentOf(ExecutionTrail trail)
    {
        var content = new ExecutionRecord { Request = Bounded(trail.Journal.Request(withContent: true)) };
        foreach (var note in trail.Notes)
            content.Events.Add(ToEvent(note, Cut(trail.Journal.Mask(note.Text), MaxText)));
        if (trail.Journal.ResponseBody is { } body)
        {
            content.ResponseBody = ByteString.CopyFrom(body.Bytes.Span);
            content.ResponseBodyTruncated = body.Truncated;
        }

        return content;
    }

    private static RecordedEvent ToEvent(ExecutionTrail.Note note, string text) => new()
    {
        Kind = note.Kind,
        Sequence = note.Sequence,
        Elapsed = Duration.FromTimeSpan(note.Elapsed),
        Text = text,
    };

    // 00-<32 digits>-…
    private static string TraceIdOf(string traceparent) => traceparent.Length > 35 ? traceparent[3..35] : "";

    private static RenderedRequest? Bounded(RenderedRequest? request)
    {
        if (request is null)
            return null;
        // The same once more.
        request.Curl = "";
        request.Body = Cut(request.Body, MaxRequestBytes / 3);
        if (request.CalculateSize() > MaxRequestBytes)
            request.Headers.Clear();
        request.Url = Cut(request.Url, MaxRequestBytes / 3);
        return request;
    }

    private static string Cut(string text, int length)
    {
        if (text.Length <= length)
            return text;
        // Not between the halves of a character.
        var end = char.IsHighSurrogate(text[length - 1]) ? length - 1 : length;
        return $"{text[..end]}… ({text.Length - end} more characters)";
    }
}
