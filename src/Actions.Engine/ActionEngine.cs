using System.Runtime.CompilerServices;
using Actions.Engine.Execution;
using Actions.Engine.Extraction;
using Actions.Engine.Outbound;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine;

/// <summary>
/// Runs actions. An execution is a stream of events with a guarantee: one Start, any number of Delays, then exactly
/// one Result or Failure and nothing after it; sequence numbers count up from 1 without a gap.
/// </summary>
public sealed class ActionEngine(UpstreamHttp upstream, EngineOptions options, TimeProvider time)
{
    /// <summary>
    /// Runs one action. The API is called once Start was consumed: the caller asks for the next event when it has
    /// written this one. A Delay that comes due while the caller is still writing is dropped when the outcome is known
    /// by then. The time-out counts from this call on, however long the caller takes.
    /// </summary>
    /// <exception cref="InvalidFieldsException">Thrown at once: a variable is missing or doesn't fit, and nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">Thrown by the stream; the HTTP call is aborted.</exception>
    public IAsyncEnumerable<ExecutionEvent> ExecuteAsync(
        ActionPlan plan, ExecutionInput input, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        // 1 bind variables
        var variables = plan.Variables.Bind(input.Variables);
        // 2 render
        var request = UpstreamRequest.Render(plan.Request, variables, input.IdempotencyKey, options);
        var texts = plan.Messages.Render(variables, options);
        return TellAsync(new Run(plan, request, texts, input.BodyView, began), cancellationToken);
    }

    /// <summary>Calls the API once for a sample of what it answers, whatever the status.</summary>
    /// <returns>The request as it was sent, sensitive variables masked, with a sample or a failure.</returns>
    /// <exception cref="InvalidFieldsException">A variable is missing or doesn't fit, and nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up; the HTTP call is aborted.</exception>
    public async Task<InitializeResponse> InitializeAsync(
        ActionPlan plan, ExecutionInput input, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var variables = plan.Variables.Bind(input.Variables);
        var request = UpstreamRequest.Render(plan.Request, variables, input.IdempotencyKey, options);
        var texts = plan.Messages.Render(variables, options);
        var masked = UpstreamRequest.RenderMasked(
            plan.Request, variables.Mask(plan.Variables.Sensitive, "MASKED"), input.IdempotencyKey);

        var run = new Run(plan, request, texts, input.BodyView, began);
        var (sample, failure) = await CallAsync(run, SampleAsync, cancellationToken).ConfigureAwait(false);
        return failure is null
            ? new InitializeResponse { Request = masked.ToRendered(), Sample = sample }
            : new InitializeResponse { Request = masked.ToRendered(), Failure = run.ToFailure(failure) };
    }

    private async IAsyncEnumerable<ExecutionEvent> TellAsync(
        Run run, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var story = new Story(time, run.Began);
        yield return story.Next(new Start { Message = run.Texts.Start, SpeakNaturally = run.Plan.Messages.SpeakNaturally });
        cancellationToken.ThrowIfCancellationRequested();

        using var abort = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            // Nothing is begun that is over already: the caller may have taken its time over Start.
            var outcome = story.Elapsed < run.Timeout
                ? OutcomeAsync(run, abort.Token)
                : Task.FromResult(run.Fail(run.TimedOut(), attempts: 0));
            var delays = new DelaySchedule(run.Plan.Messages);
            while (!outcome.IsCompleted)
            {
                var due = delays.Next < run.Timeout ? delays.Next : run.Timeout;
                await story.WaitAsync(outcome, due, cancellationToken).ConfigureAwait(false);
                if (outcome.IsCompleted)
                    break;
                // The call was told to stop at this very moment; the listener doesn't wait until it has.
                if (story.Elapsed >= run.Timeout)
                    outcome = Task.FromResult(run.Fail(run.TimedOut()));
                else
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

    private async Task<ExecutionEvent> OutcomeAsync(Run run, CancellationToken cancellationToken)
    {
        var (outcome, failure) = await CallAsync(run, JudgeAsync, cancellationToken).ConfigureAwait(false);
        return failure is null ? outcome! : run.Fail(failure);
    }

    /// <summary>One HTTP call within what is left of the time-out; everything that an API can do wrong is a failure.</summary>
    private async Task<(T? Answer, UpstreamFailure? Failure)> CallAsync<T>(
        Run run, Func<Run, HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        using var timeout = new Alarm(time, run.Began, run.Timeout);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            // 5 send
            using var request = run.Request.ToMessage();
            using var response = await upstream.SendAsync(request, stop.Token).ConfigureAwait(false);
            run.StatusCode = (int)response.StatusCode;
            var answer = await read(run, response, stop.Token).ConfigureAwait(false);
            // One that was complete too late is none, whether anybody looked in time or not.
            stop.Token.ThrowIfCancellationRequested();
            return (answer, null);
        }
        // A socket that is torn down under a read complains in its own words: the reason is what tore it down.
        catch (Exception e) when (stop.IsCancellationRequested && (e is OperationCanceledException || UpstreamFailure.Classify(e, run.StatusCode) is not null))
        {
            cancellationToken.ThrowIfCancellationRequested();
            return (default, run.TimedOut());
        }
        catch (Exception e) when (UpstreamFailure.Classify(e, run.StatusCode) is { } failure)
        {
            return (default, failure);
        }
    }

    private async Task<ExecutionEvent> JudgeAsync(Run run, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        ExecutionEvent Fail(FailureReason reason, string detail) => run.Fail(new UpstreamFailure(reason, detail, status));

        // 6 judge the status: the body of a refused one isn't read
        if (!run.Plan.Response.SuccessStatuses.Contains(status))
            return Fail(FailureReason.HttpStatus, $"The API answered with status {status}.");

        // 7 read with a cap
        var cap = run.Plan.Response.MaxBodyBytes;
        var (body, truncated) = await CappedBody.ReadAsync(response.Content, cap, cancellationToken).ConfigureAwait(false);
        if (truncated)
            return Fail(FailureReason.ResponseTooLarge, $"The response's body is larger than {cap} bytes.");

        // 8 extract
        try
        {
            var results = run.Plan.Results;
            var result = new Result { StatusCode = status, ContentType = ContentTypeOf(response), Attempts = 1 };
            using var json = ResponseJson.Parse(body, result.ContentType, wanted: !results.IsEmpty, options.MaxJsonResponseDepth);
            result.Variables.Add(results.Extract(json?.RootElement));
            if (run.WantsBody)
                result.Body = ByteString.CopyFrom(body.Span);
            return result.CalculateSize() <= ContractLimits.MaxEventBytes
                ? new ExecutionEvent { Result = result }
                : Fail(FailureReason.ResponseTooLarge, "The selected fields and the body are too large for one message together.");
        }
        catch (MissingResultException e)
        {
            return Fail(FailureReason.MissingResult, e.Message);
        }
        catch (ResultsTooLargeException e)
        {
            return Fail(FailureReason.ResponseTooLarge, e.Message);
        }
        catch (FormatException e)
        {
            return Fail(FailureReason.InvalidResponse, $"The response can't be read: {e.Message}.");
        }
    }

    private async Task<Sample> SampleAsync(Run run, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var (body, truncated) = await CappedBody.ReadAsync(response.Content, ContractLimits.MaxSampleBodyBytes, cancellationToken)
            .ConfigureAwait(false);
        return new Sample
        {
            StatusCode = (int)response.StatusCode,
            ContentType = ContentTypeOf(response),
            Body = ByteString.CopyFrom(body.Span),
            BodyTruncated = truncated,
            Latency = Duration.FromTimeSpan(time.GetElapsedTime(run.Began)),
            Time = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
        };
    }

    private static string ContentTypeOf(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values) ? values.ToString() : "";
}
