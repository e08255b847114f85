using System.Runtime.CompilerServices;
using Actions.Engine.Execution;
using Actions.Engine.Extraction;
using Actions.Engine.Masking;
using Actions.Engine.Outbound;
using Actions.Engine.Outbound.Attempts;
using Actions.Engine.Outbound.Authentication;
using Actions.Engine.Telemetry;
using Actions.V1;

namespace Actions.Engine;

/// <summary>
/// Runs actions. An execution is a stream of events with a guarantee: one Start, any number of Delays and Retries, then
/// exactly one Result or Failure and nothing after it; sequence numbers count up from 1 without a gap.
/// </summary>
public sealed class ActionEngine
{
    private readonly EngineOptions _options;
    private readonly TimeProvider _time;
    private readonly UpstreamSender _sender;
    private readonly AnswerReader _answers;
    private readonly AttemptLoop _attempts;

    public ActionEngine(UpstreamHttp upstream, EngineOptions options, TimeProvider time, EngineMetrics? metrics = null)
    {
        _options = options;
        _time = time;
        _sender = new UpstreamSender(upstream, new TokenCache(new TokenEndpoint(upstream, options, time), time));
        _answers = new AnswerReader(options, time);
        _attempts = new AttemptLoop(options, time, metrics ?? EngineMetrics.Detached);
    }

    /// <summary>
    /// Runs one action. The API is called once Start was consumed: the caller asks for the next event when it has
    /// written this one. A Delay or Retry that comes while the caller is still writing is dropped when the outcome is
    /// known by then. The time-out counts from this call on, however long the caller takes.
    /// </summary>
    /// <exception cref="InvalidFieldsException">Thrown at once: a variable is missing or doesn't fit, and nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">Thrown by the stream; the HTTP call is aborted.</exception>
    public IAsyncEnumerable<ExecutionEvent> ExecuteAsync(
        ActionPlan plan, ExecutionInput input, CancellationToken cancellationToken) =>
        TellAsync(Prepare(plan, input), cancellationToken);

    /// <summary>Calls the API once, never again, for a sample of what it answers, whatever the status.</summary>
    /// <returns>The request as it was sent, secrets and sensitive variables masked, with a sample or a failure.</returns>
    /// <exception cref="InvalidFieldsException">A variable is missing or doesn't fit, and nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up; the HTTP call is aborted.</exception>
    public async Task<InitializeResponse> InitializeAsync(
        ActionPlan plan, ExecutionInput input, CancellationToken cancellationToken)
    {
        var run = Prepare(plan, input);
        var response = new InitializeResponse { Request = Masked(run) };
        var (sample, failure) = await CallAsync(
            run,
            (answer, token) => SampleReader.ReadAsync(run, answer, _options, _time, token),
            cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (failure is null)
            response.Sample = sample;
        else
            response.Failure = SecretMask.Of(run).Mask(run.ToFailure(failure, attempts: 1));
        return response;
    }

    private Run Prepare(ActionPlan plan, ExecutionInput input)
    {
        var began = _time.GetTimestamp();
        var parts = plan.Parts;
        // 1 bind variables
        var variables = parts.Variables.Bind(input.Variables);
        // 2 render
        if (parts.Retry.NeedsIdempotencyKey && input.IdempotencyKey.Length == 0 && !parts.Request.StatesIdempotencyKey)
            input = input with { IdempotencyKey = Guid.NewGuid().ToString() };
        var request = UpstreamRequest.Render(parts.Request, variables, input.IdempotencyKey, _options);
        return new Run(parts, request, parts.Messages.Render(variables, _options), variables, input, began);
    }

    private async IAsyncEnumerable<ExecutionEvent> TellAsync(
        Run run, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var story = new Story(_time, run.Began);
        yield return story.Next(new Start { Message = run.Texts.Start, SpeakNaturally = run.Plan.Messages.SpeakNaturally });
        cancellationToken.ThrowIfCancellationRequested();
        if (run.Input.DryRun)
        {
            yield return story.Next(new ExecutionEvent { Result = new Result { RenderedRequest = Masked(run) } });
            yield break;
        }

        using var abort = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var retries = new RetryFeed();
            // Nothing is begun that is over already: the caller may have taken its time over Start.
            var outcome = story.Elapsed < run.Timeout
                ? OutcomeAsync(run, retries, abort.Token)
                : Task.FromResult(run.Tell(new Attempt(run.TimedOut()), attempts: 0));
            var delays = new DelaySchedule(run.Plan.Messages);
            while (!outcome.IsCompleted)
            {
                if (retries.TryTake() is { } retry)
                {
                    yield return story.Next(new ExecutionEvent { Retry = retry });
                    continue;
                }

                var due = delays.Next < run.Timeout ? delays.Next : run.Timeout;
                await story.WaitAsync(Task.WhenAny(outcome, retries.WaitAsync()), due, cancellationToken).ConfigureAwait(false);
                if (outcome.IsCompleted)
                    break;
                // The call was told to stop at this very moment; the listener doesn't wait until it has.
                if (story.Elapsed >= run.Timeout)
                    outcome = Task.FromResult(run.Tell(new Attempt(run.TimedOut()), retries.Attempts));
                else if (story.Elapsed >= delays.Next)
                {
                    var told = story.Next(new Delay { Message = run.Texts.Delay, SpeakNaturally = run.Plan.Messages.SpeakNaturally });
                    told.Delay.Ordinal = delays.Take(told.Elapsed.ToTimeSpan());
                    yield return told;
                }
            }

            cancellationToken.ThrowIfCancellationRequested();
            // 9 emit
            yield return story.Next(await outcome.ConfigureAwait(false));
        }
        finally
        {
            await abort.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task<ExecutionEvent> OutcomeAsync(Run run, RetryFeed retries, CancellationToken cancellationToken)
    {
        var (last, attempts) = await _attempts.RunAsync(
            run.Host,
            run.Plan.Retry,
            () => run.Timeout - _time.GetElapsedTime(run.Began),
            async token =>
            {
                var (answer, failure) = await CallAsync(
                    run, (response, inner) => _answers.ReadAsync(run, response, inner), token).ConfigureAwait(false);
                return answer ?? new Attempt(failure!);
            },
            retries.Add,
            cancellationToken).ConfigureAwait(false);
        return run.Tell(last, attempts);
    }

    /// <summary>One HTTP call within what is left of the time-out; everything that an API can do wrong is a failure.</summary>
    private async Task<(T? Answer, UpstreamFailure? Failure)> CallAsync<T>(
        Run run, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        using var timeout = new Alarm(_time, run.Began, run.Timeout);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            run.StatusCode = 0;
            // 3 authorize, 5 send
            using var response = await _sender.SendAsync(
                run.Request, run.Plan.Authentication, run.Plan.Response.MaxRedirects, run.Remember, stop.Token).ConfigureAwait(false);
            run.StatusCode = (int)response.StatusCode;
            var answer = await read(response, stop.Token).ConfigureAwait(false);
            // One that was complete too late is none, whether anybody looked in time or not.
            stop.Token.ThrowIfCancellationRequested();
            return (answer, null);
        }
        // A socket that is torn down under a read complains in its own words: the reason is what tore it down.
        catch (Exception e) when (stop.IsCancellationRequested && (e is OperationCanceledException || UpstreamFailure.Classify(e, run.StatusCode) is not null))
        {
            // Whoever tells the outcome may have given up a moment earlier for the same reason: it is a time-out to the circuit.
            if (!timeout.Token.IsCancellationRequested && _time.GetElapsedTime(run.Began) < run.Timeout)
                cancellationToken.ThrowIfCancellationRequested();
            return (default, run.TimedOut());
        }
        catch (Exception e) when (UpstreamFailure.Classify(e, run.StatusCode) is { } failure)
        {
            return (default, failure);
        }
    }

    private static RenderedRequest Masked(Run run)
    {
        // Where a template says that a secret stands, whatever it is; then wherever else one is found.
        var variables = run.Variables.Mask(run.Plan.Variables.Sensitive, SecretMask.Text);
        var request = UpstreamRequest.RenderMasked(run.Plan.Request, variables, run.Input.IdempotencyKey).Mask(SecretMask.Of(run));
        return (run.Plan.Authentication is { } plan ? request.Authorize(plan.Place, plan.MaskedValue) : request).ToRendered();
    }
}
