using System.Runtime.CompilerServices;
using Actions.Engine.Compilation;
using Actions.Engine.Conversations;
using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Engine.Outbound;
using Actions.Engine.Outbound.Attempts;
using Actions.Engine.Outbound.Authentication;
using Actions.Engine.Outcomes;
using Actions.Engine.Request;
using Actions.Engine.Response;
using Actions.Engine.SpokenMessages;
using Actions.Engine.Telemetry;
using Actions.Engine.Variables;
using Actions.V1;

namespace Actions.Engine;

/// <summary>
/// Executes actions. An execution is a stream of events in a guaranteed order: one Start, any number of Delays and
/// Retries, then exactly one Result or Failure as the last event. Sequence numbers start at 1 and have no gaps.
/// </summary>
public sealed class ActionEngine
{
    private readonly UpstreamHttp _upstream;
    private readonly EngineOptions _options;
    private readonly TimeProvider _time;
    private readonly AttemptRunner _runner;
    private readonly AttemptLoop _attempts;
    private readonly AttemptLoop _simulated;
    private readonly Preparation _preparation;

    public ActionEngine(UpstreamHttp upstream, EngineOptions options, TimeProvider time, EngineMetrics? metrics = null)
    {
        _upstream = upstream;
        _options = options;
        _time = time;
        metrics ??= EngineMetrics.Detached;
        var hosts = new UpstreamHosts(options, time, metrics);
        var tokens = new TokenCache(new TokenEndpoint(upstream, hosts, options, time), options, time);
        _runner = new AttemptRunner(
            upstream, hosts, tokens, new ResponseReader(options, time), new SampleReader(options, time), time);
        _attempts = new AttemptLoop(_runner, options, time, metrics);
        _simulated = new AttemptLoop(_runner, options, time, metrics: null);
        _preparation = new Preparation(upstream, tokens, time);
    }

    /// <summary>
    /// Executes one action. The API is called once Start was consumed: the reader asks for the next event after it has
    /// written the current one. A Delay or Retry that falls due while the reader is still writing is dropped if the
    /// outcome is known by then. The timeout counts from this call on, however slow the reader is.
    /// </summary>
    /// <exception cref="InvalidFieldsException">Thrown before the stream begins: a variable is missing or invalid, and
    /// nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">Thrown by the stream: the client cancelled, and the HTTP call is
    /// aborted.</exception>
    public IAsyncEnumerable<ExecutionEvent> ExecuteAsync(
        ActionPlan plan, ExecutionInput input, CancellationToken cancellationToken)
    {
        // What is sensitive in it is known by the fields, and the body may have it elsewhere, too.
        if (plan.SensitiveResults.Count > 0)
            input.Journal?.KeepNoBody();
        return StreamEventsAsync(Prepare(plan, input), cancellationToken);
    }

    /// <summary>Calls the API once, without retries, and takes a sample of its response, whatever the status.</summary>
    /// <returns>The request as it was sent, with secrets and sensitive variables masked, and a sample or a
    /// failure.</returns>
    /// <exception cref="InvalidFieldsException">A variable is missing or invalid, and nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">The client cancelled; the HTTP call is aborted.</exception>
    public async Task<InitializeResponse> InitializeAsync(
        ActionPlan plan, ExecutionInput input, CancellationToken cancellationToken)
    {
        var execution = Prepare(plan, input);
        var progress = new ExecutionProgress();
        var response = new InitializeResponse { Request = ShownRequest.Of(execution) };
        using var alarm = new Alarm(
            _time, execution.Started, execution.Timeout, TimeSpan.MaxValue, cancellationToken);
        progress.BeginAttempt();
        var (sample, failure) = await _runner.SampleAsync(execution, progress, alarm).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (failure is null)
            response.Sample = sample;
        else
        {
            response.Failure = execution.MaskOfText(progress.Tokens).Mask(
                EventSequence.ToFailure(execution, failure, attempts: 1, progress.Tokens));
            response.Failure.OutcomeUnknown = progress.IsUnknownAfter(failure);
        }

        return response;
    }

    /// <summary>
    /// Does ahead what an execution would wait for: resolves the host, connects, sets up TLS, fetches the token, each
    /// unless it is there. Bounded by seconds. The API gets no request.
    /// </summary>
    /// <returns>The steps, each with its time, and its failure if it has one.</returns>
    /// <exception cref="OperationCanceledException">The client cancelled. What has begun goes on.</exception>
    public Task<IReadOnlyList<PreparedStep>> MakeReadyAsync(
        ActionPlan plan, string workspace, CancellationToken cancellationToken) =>
        _preparation.PrepareAsync(plan.Parts, workspace, cancellationToken);

    /// <summary>
    /// What makes executions of a call the same: workspace, call, action and its revision, the client's
    /// Idempotency-Key, and the arguments, in whatever order and notation they came.
    /// </summary>
    /// <exception cref="InvalidFieldsException">A variable is missing or invalid, as for
    /// <see cref="ExecuteAsync"/>.</exception>
    public static string Identify(ActionPlan plan, ExecutionInput input, string callId) => ExecutionIdentity.Of(
        plan.Id, plan.Revision, input, callId, plan.Parts.Variables.Arguments(input.Variables, input.Remembered));

    /// <summary>
    /// The Failure of an execution that isn't begun, or is aborted: with what the action tells the caller.
    /// </summary>
    /// <exception cref="InvalidFieldsException">As for <see cref="ExecuteAsync"/>.</exception>
    public Failure Refuse(ActionPlan plan, ExecutionInput input, FailureReason reason, string detail) =>
        EventSequence.ToFailure(Prepare(plan, input), new UpstreamFailure(reason, detail), attempts: 0, tokens: []);

    private Execution Prepare(ActionPlan plan, ExecutionInput input)
    {
        try
        {
            return Render(plan, input);
        }
        catch (InvalidFieldsException e) when (input.Remembered is { Count: > 0 } remembered)
        {
            throw RememberedValue.Explain(e, remembered);
        }
    }

    private Execution Render(ActionPlan plan, ExecutionInput input)
    {
        var started = _time.GetTimestamp();
        if (input.Simulation is { } simulation)
            SimulationCheck.ThrowIfInvalid(simulation, input.DryRun, _options);
        var parts = plan.Parts;
        // 1 bind variables
        var variables = parts.Variables.Bind(input.Variables, input.Remembered);
        // 2 render
        var key = IdempotencyKey.For(
            parts.Request,
            variables,
            input.IdempotencyKey,
            input.DerivedIdempotencyKey,
            parts.Retry.NeedsIdempotencyKey);
        if (key != input.IdempotencyKey)
            input = input with { IdempotencyKey = key };
        var request = UpstreamRequest.Render(parts.Request, variables, input.IdempotencyKey, _options);
        request = request.InTrace(_upstream.TraceparentFor(request.Url, input.Traceparent));
        var texts = parts.Messages.Render(variables, _options);
        return new Execution(parts, request, texts, variables, input, started, plan.Recent);
    }

    private async IAsyncEnumerable<ExecutionEvent> StreamEventsAsync(
        Execution execution, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (events, journal) = (new EventSequence(execution, _time), execution.Input.Journal);
        var progress = new ExecutionProgress(journal);
        journal?.Follow(execution, progress, _time);
        yield return events.Start();
        cancellationToken.ThrowIfCancellationRequested();
        if (execution.Input.DryRun)
        {
            yield return events.DryRun(ShownRequest.Of(execution));
            yield break;
        }

        var delays = new DelaySchedule(execution.Plan.Messages, execution.Recent.Known?.SlowTime);
        using var alarm = new Alarm(_time, execution.Started, execution.Timeout, delays.Next, cancellationToken);
        var retries = execution.Plan.Retry.MaxAttempts > 1 ? new RetryFeed() : null;
        // Writing Start may have taken the client the whole timeout.
        var attempts = alarm.HasPassed
            ? TimedOut(execution, progress)
            : LoopFor(execution).RunAsync(execution, progress, retries, alarm);
        var outcome = attempts;
        var isTold = false;
        try
        {
            if (!outcome.IsCompleted)
                outcome.GetAwaiter().UnsafeOnCompleted(alarm.Complete);
            while (!outcome.IsCompleted)
            {
                if (retries?.TryTake() is { } retry)
                {
                    yield return events.Retry(retry, progress.Tokens);
                    continue;
                }

                await alarm.WaitAsync(delays.Next).ConfigureAwait(false);
                // A client that has disconnected gets no event that is already due.
                cancellationToken.ThrowIfCancellationRequested();
                if (outcome.IsCompleted)
                    break;
                // The attempt is being cancelled now; the client doesn't wait for it to end.
                if (alarm.HasPassed)
                    outcome = TimedOut(execution, progress);
                else if (events.Elapsed >= delays.Next)
                    yield return events.Delay(delays);
            }

            cancellationToken.ThrowIfCancellationRequested();
            // 9 emit
            var last = events.Outcome(await outcome.ConfigureAwait(false), progress);
            if (IsOfTheApi(last))
                execution.Recent.Add(last.Elapsed.ToTimeSpan());
            journal?.Tell(last);
            isTold = true;
            yield return last;
        }
        finally
        {
            if (!attempts.IsCompleted)
                await alarm.StopAsync().ConfigureAwait(false);
            // Who aborted it asks whether the API was reached: nothing may be sent after the answer.
            if (!isTold && journal is not null)
            {
                journal.Abort();
                await ((Task)attempts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Whether its time says how long a caller waits for the API.</summary>
    private static bool IsOfTheApi(ExecutionEvent outcome) =>
        !outcome.Simulated
        && outcome.Failure?.Reason is not (FailureReason.Overloaded or FailureReason.BlockedAddress);

    private AttemptLoop LoopFor(Execution execution) => execution.Input.Simulation is null ? _attempts : _simulated;

    private static Task<AttemptResult> TimedOut(Execution execution, ExecutionProgress progress) =>
        Task.FromResult<AttemptResult>(new AttemptResult.Failed(execution.TimedOut(progress)));
}
