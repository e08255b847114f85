using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Engine.Outbound;
using Actions.Engine.Outbound.Guard;
using Actions.Engine.Telemetry;
using Actions.Engine.Tests.Outbound.Guard;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests;

/// <summary>The whole engine, as the server puts it together, with what a test needs to call it in one line.</summary>
internal sealed class EngineUnderTest : IDisposable
{
    // A test that waits this long has failed; the machine may be busy with others.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _patience =
        CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    private readonly UpstreamHttp _upstream;
    private readonly ActionCompiler _compiler;

    /// <summary>Calls real APIs.</summary>
    public EngineUnderTest(
        TimeProvider? time = null, EngineOptions? options = null, SsrfGuard? guard = null,
        EngineMetrics? metrics = null)
        : this(
            new UpstreamHttp(options ?? new EngineOptions(), guard ?? Guards.Local),
            time ?? TimeProvider.System,
            options,
            guard ?? Guards.Local,
            metrics)
    {
    }

    /// <summary>Calls what a test puts in place of the network.</summary>
    public EngineUnderTest(HttpMessageHandler upstream, TimeProvider? time = null, SsrfGuard? guard = null)
        : this(new UpstreamHttp(upstream, guard ?? Guards.Local), time ?? TimeProvider.System, options: null, guard ?? Guards.Local)
    {
    }

    private EngineUnderTest(
        UpstreamHttp upstream, TimeProvider time, EngineOptions? options, SsrfGuard guard,
        EngineMetrics? metrics = null)
    {
        _upstream = upstream;
        _compiler = new ActionCompiler(options ?? new EngineOptions(), guard);
        Engine = new ActionEngine(upstream, options ?? new EngineOptions(), time, metrics);
        _patience.CancelAfter(Patience);
    }

    public ActionEngine Engine { get; }

    /// <summary>Cancelled when the test has waited too long.</summary>
    public CancellationToken Token => _patience.Token;

    public void Dispose()
    {
        _upstream.Dispose();
        _patience.Dispose();
    }

    public ActionPlan Compile(ActionConfig config) => _compiler.Compile(config, "action_config");

    public IAsyncEnumerable<ExecutionEvent> Execute(
        ActionConfig config,
        IReadOnlyDictionary<string, Value>? variables = null,
        string idempotencyKey = "",
        BodyView bodyView = BodyView.Unspecified,
        CancellationToken? cancellationToken = null) =>
        Engine.ExecuteAsync(
            Compile(config),
            new ExecutionInput("tests", variables ?? new Dictionary<string, Value>(), idempotencyKey, bodyView),
            cancellationToken ?? Token);

    /// <summary>Runs the action to its end.</summary>
    /// <returns>Its last event, a Result or Failure.</returns>
    public async Task<ExecutionEvent> OutcomeAsync(
        ActionConfig config,
        IReadOnlyDictionary<string, Value>? variables = null,
        string idempotencyKey = "",
        BodyView bodyView = BodyView.Unspecified) =>
        await Execute(config, variables, idempotencyKey, bodyView).LastAsync(Token);

    public async Task<Result> ResultAsync(ActionConfig config, IReadOnlyDictionary<string, Value>? variables = null)
    {
        var outcome = await OutcomeAsync(config, variables);
        return outcome.Result.ShouldNotBeNull($"it failed: {outcome.Failure}");
    }

    public async Task<Failure> FailureAsync(ActionConfig config, IReadOnlyDictionary<string, Value>? variables = null)
    {
        var outcome = await OutcomeAsync(config, variables);
        return outcome.Failure.ShouldNotBeNull($"it succeeded: {outcome.Result}");
    }

    public Task<InitializeResponse> InitializeAsync(ActionConfig config, IReadOnlyDictionary<string, Value>? variables = null) =>
        Engine.InitializeAsync(
            Compile(config), new ExecutionInput("tests", variables ?? new Dictionary<string, Value>(), "", BodyView.Unspecified), Token);
}
