using System.Runtime.CompilerServices;
using Actions.Engine;
using Actions.Engine.Executions;
using Actions.Engine.Telemetry;
using Actions.Server.Telemetry;
using Actions.V1;
using Google.Protobuf.Collections;

namespace Actions.Server.History;

/// <summary>
/// Notes what is told of one execution once it has ended. Every execution has one, so it keeps no more than that: no
/// event, no request, no response. Used by one thread at a time.
/// </summary>
/// <param name="keepsContent">The texts that are spoken are noted, too.</param>
internal sealed class ExecutionTrail(
    string workspace, string executionId, ActionPlan plan, ExecuteRequest request, TimeProvider time, bool keepsContent)
{
    // Listeners may come and go as often as they like.
    private const int MaxNotes = 200;

    private readonly long _began = time.GetTimestamp();
    private FirstNotes _first;
    private List<Note>? _more;
    private int _count;

    public string Workspace { get; } = workspace;

    public string ExecutionId { get; } = executionId;

    public string CallId { get; } = request.CallId;

    public string ToolCallId { get; } = request.ToolCallId;

    public ActionPlan Plan { get; } = plan;

    public ExecutionJournal Journal { get; } = new() { KeepsBody = keepsContent };

    public bool KeepsContent { get; } = keepsContent;

    /// <summary>In whole milliseconds, as all stores have it.</summary>
    public long StartedAt { get; } = time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Aborted until there is an outcome.</summary>
    public ExecutionState State { get; private set; } = ExecutionState.Aborted;

    public FailureReason Reason { get; private set; }

    public FailureStage Stage { get; private set; }

    public string Detail { get; private set; } = "";

    public int StatusCode { get; private set; }

    public string ContentType { get; private set; } = "";

    public string ReplayedExecutionId { get; private set; } = "";

    /// <summary>Null: none.</summary>
    public RepeatedField<Warning>? Warnings { get; private set; }

    /// <summary>From the start to the last note.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>Of its span; empty if it has none.</summary>
    public string TraceId { get; set; } = "";

    /// <summary>Bytes of bodies that it keeps in memory, when it has ended.</summary>
    public long HeldBytes { get; private set; }

    /// <summary>False: it never began.</summary>
    public bool HasEvents => _count > 0;

    public IEnumerable<Note> Notes
    {
        get
        {
            for (var i = 0; i < Math.Min(_count, FirstNotes.Length); i++)
                yield return _first[i];
            foreach (var note in _more ?? [])
                yield return note;
        }
    }

    /// <summary>An event was emitted.</summary>
    public void Add(ExecutionEvent next)
    {
        var elapsed = new TimeSpan((next.Elapsed.Seconds * TimeSpan.TicksPerSecond) + (next.Elapsed.Nanos / 100));
        switch (next.EventCase)
        {
            case ExecutionEvent.EventOneofCase.Start:
                Add(RecordedEventKind.Start, next.Sequence, elapsed, next.Start.Message);
                break;
            case ExecutionEvent.EventOneofCase.Delay:
                Add(RecordedEventKind.Delay, next.Sequence, elapsed, next.Delay.Message);
                break;
            case ExecutionEvent.EventOneofCase.Retry:
                Add(RecordedEventKind.Retry, next.Sequence, elapsed, "");
                break;
            case ExecutionEvent.EventOneofCase.Result:
                Take(next.Result);
                Add(RecordedEventKind.Result, next.Sequence, elapsed, next.Result.Message);
                break;
            case ExecutionEvent.EventOneofCase.Failure:
                Take(next.Failure);
                Add(RecordedEventKind.Failure, next.Sequence, elapsed, next.Failure.Message);
                break;
        }
    }

    /// <summary>A stream was cancelled, or its connection broke.</summary>
    public void ListenerLeft() => Add(RecordedEventKind.ListenerLeft);

    /// <summary>Somebody follows the execution: by Attach, or by the same execution again.</summary>
    public void ListenerCame() => Add(RecordedEventKind.ListenerCame);

    /// <summary>By an interruption, by EndCall, or by the end of the server.</summary>
    public void Aborted() => Add(RecordedEventKind.Aborted);

    /// <summary>There is no outcome, so it was aborted; who did it may have said so.</summary>
    public void End()
    {
        if (State == ExecutionState.Aborted && Last() is not (RecordedEventKind.Aborted or RecordedEventKind.Failure))
            Aborted();
        HeldBytes = Journal.HeldBytes;
    }

    public EndedExecution ToEnded() => new(
        ExecutionId,
        Plan.Name,
        CallId,
        ToolCallId,
        DateTimeOffset.FromUnixTimeMilliseconds(StartedAt),
        Elapsed,
        Reason != FailureReason.Unspecified ? MetricTags.Of(Reason)
            : State == ExecutionState.Aborted ? MetricTags.Cancelled
            : null,
        Journal);

    private RecordedEventKind Last() =>
        _more is { Count: > 0 } more ? more[^1].Kind : _count > 0 ? _first[_count - 1].Kind : default;

    private void Take(Result result)
    {
        State = ExecutionState.Succeeded;
        StatusCode = result.StatusCode;
        ContentType = result.ContentType;
        ReplayedExecutionId = result.ReplayedExecutionId;
        Warnings = result.Warnings.Count > 0 ? result.Warnings : null;
    }

    private void Take(Failure failure)
    {
        State = failure switch
        {
            { OutcomeUnknown: true } when Plan.Conversation.HasEffects => ExecutionState.Unknown,
            { Reason: FailureReason.Aborted } => ExecutionState.Aborted,
            _ => ExecutionState.Failed,
        };
        (Reason, Stage, Detail) = (failure.Reason, failure.Stage, failure.Detail);
        (StatusCode, ContentType) = (failure.StatusCode, failure.ContentType);
    }

    private void Add(RecordedEventKind kind) => Add(kind, sequence: 0, time.GetElapsedTime(_began), "");

    private void Add(RecordedEventKind kind, int sequence, TimeSpan elapsed, string text)
    {
        // Somebody may come back to an execution that has ended.
        if (State == ExecutionState.Aborted || sequence > 0)
            Elapsed = elapsed;
        var note = new Note(kind, sequence, elapsed, KeepsContent ? text : "");
        if (_count < FirstNotes.Length)
            _first[_count++] = note;
        else if (_more is null || _more.Count < MaxNotes
            || kind is RecordedEventKind.Result or RecordedEventKind.Failure)
            (_more ??= []).Add(note);
    }

    /// <summary>An event of the record.</summary>
    /// <param name="Sequence">0: it was sent to nobody.</param>
    /// <param name="Text">Empty unless content is kept.</param>
    public readonly record struct Note(RecordedEventKind Kind, int Sequence, TimeSpan Elapsed, string Text);

    // Start, a Delay and the outcome: most executions have no more.
    [InlineArray(Length)]
    private struct FirstNotes
    {
        public const int Length = 3;

        private Note _first;
    }
}
