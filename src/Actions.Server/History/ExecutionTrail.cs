using Actions.Engine;
using Actions.Engine.Executions;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.History;

/// <summary>Collects what is told of one execution once it has ended. Used by one thread at a time.</summary>
internal sealed class ExecutionTrail(
    string workspace, string executionId, ActionPlan plan, ExecuteRequest request, ExecutionJournal journal,
    TimeProvider time)
{
    private readonly List<RecordedEvent> _events = [];
    private readonly long _began = time.GetTimestamp();

    public string Workspace { get; } = workspace;

    public string ExecutionId { get; } = executionId;

    public ActionPlan Plan { get; } = plan;

    public ExecuteRequest Request { get; } = request;

    public ExecutionJournal Journal { get; } = journal;

    public DateTimeOffset Started { get; } = time.GetUtcNow();

    /// <summary>The last event. Neither Result nor Failure: the execution was aborted.</summary>
    public ExecutionEvent? Last { get; private set; }

    public IReadOnlyList<RecordedEvent> Events => _events;

    /// <summary>An event was emitted.</summary>
    public void Add(ExecutionEvent next)
    {
        Last = next;
        _events.Add(new RecordedEvent { Kind = KindOf(next), Sequence = next.Sequence, Elapsed = next.Elapsed });
    }

    /// <summary>A stream was cancelled, or its connection broke.</summary>
    public void ListenerLeft() => Note(RecordedEventKind.ListenerLeft);

    /// <summary>Somebody follows the execution: by Attach, or by the same execution again.</summary>
    public void ListenerCame() => Note(RecordedEventKind.ListenerCame);

    /// <summary>By an interruption, by EndCall, or by the end of the server.</summary>
    public void Aborted() => Note(RecordedEventKind.Aborted);

    private void Note(RecordedEventKind kind) =>
        _events.Add(new RecordedEvent { Kind = kind, Elapsed = Duration.FromTimeSpan(time.GetElapsedTime(_began)) });

    private static RecordedEventKind KindOf(ExecutionEvent next) => next.EventCase switch
    {
        ExecutionEvent.EventOneofCase.Start => RecordedEventKind.Start,
        ExecutionEvent.EventOneofCase.Delay => RecordedEventKind.Delay,
        ExecutionEvent.EventOneofCase.Retry => RecordedEventKind.Retry,
        ExecutionEvent.EventOneofCase.Result => RecordedEventKind.Result,
        ExecutionEvent.EventOneofCase.Failure => RecordedEventKind.Failure,
        _ => RecordedEventKind.Unspecified,
    };
}
