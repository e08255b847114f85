using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Engine.Outbound;
using Actions.Engine.Tests.Outbound.Guard;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Faults;

/// <summary>
/// The whole engine with its own way out, which trusts <see cref="TestAuthority"/>. Nothing is held back: a circuit
/// that
/// opened after some failures would hide the others. Connections that nobody uses are soon closed, so that what is open
/// then was left behind.
/// </summary>
internal sealed class FaultEngine : IDisposable
{
    private static readonly EngineOptions Options = new()
    {
        CircuitFailureRatio = 1,
        CircuitMinimumAttempts = 100_000,
        CircuitSamplingDuration = TimeSpan.FromMilliseconds(500),
        ConnectionIdleTimeout = TimeSpan.FromSeconds(1),
    };

    private readonly UpstreamHttp _upstream = new(TestAuthority.Trusted(UpstreamHttp.CreateHandler(Options, Guards.Local)), Guards.Local);
    private readonly ActionCompiler _compiler = new(Options, Guards.Local);
    private readonly ActionEngine _engine;

    public FaultEngine() => _engine = new ActionEngine(_upstream, Options, TimeProvider.System);

    public void Dispose() => _upstream.Dispose();

    public ActionPlan Compile(Case fault, string url, TimeSpan? timeout = null)
    {
        var config = Configs.Get(url);
        config.Request.Timeout = Duration.FromTimeSpan(timeout ?? fault.Timeout);
        config.ResponsePolicy = new ResponsePolicy { MaxRedirects = fault.MaxRedirects };
        return _compiler.Compile(config, "action_config");
    }

    public async Task<Told> RunAsync(ActionPlan plan, CancellationToken cancellationToken)
    {
        var input = new ExecutionInput("tests", new Dictionary<string, Value>(), "", BodyView.Unspecified);
        var began = TimeProvider.System.GetTimestamp();
        var events = new List<ExecutionEvent>();
        await foreach (var told in _engine.ExecuteAsync(plan, input, cancellationToken))
            events.Add(told);
        return new Told(events, TimeProvider.System.GetElapsedTime(began), new WeakReference(input));
    }
}

/// <summary>What an execution told.</summary>
/// <param name="Events">In order.</param>
/// <param name="Took">From the call to the last event.</param>
/// <param name="Trace">Alive as long as anything holds on to the execution.</param>
internal sealed record Told(IReadOnlyList<ExecutionEvent> Events, TimeSpan Took, WeakReference Trace)
{
    /// <summary>Null: it succeeded.</summary>
    public FailureReason? Reason => Events[^1].Failure?.Reason;

    public FailureStage? Stage => Events[^1].Failure?.Stage;

    public bool LeavesOutcomeUnknown => Events[^1].Failure?.OutcomeUnknown == true;

    public string Detail => Events[^1].Failure?.Detail ?? "";

    /// <summary>Start first, one terminal event last, nothing else of either kind, no number left out.</summary>
    public bool IsStory =>
        Events.Select(told => told.Sequence).SequenceEqual(Enumerable.Range(1, Events.Count))
        && Events[0].EventCase == ExecutionEvent.EventOneofCase.Start
        && Events.Count(told => told.EventCase == ExecutionEvent.EventOneofCase.Start) == 1
        && IsTerminal(Events[^1])
        && Events.Count(IsTerminal) == 1;

    private static bool IsTerminal(ExecutionEvent told) =>
        told.EventCase is ExecutionEvent.EventOneofCase.Result or ExecutionEvent.EventOneofCase.Failure;
}
