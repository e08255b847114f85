using System.Net;
using Actions.Engine.Outbound;
using Actions.Engine.Outbound.Authentication;
using Actions.Engine.Outcomes;
using Actions.Engine.Request;
using Actions.Engine.Response;
using Actions.V1;

namespace Actions.Engine.Executions;

/// <summary>
/// Makes one attempt within the rest of the timeout. The step numbers are those of an execution: steps 1 (bind
/// variables) and 2 (render the request) precede the first attempt.
/// </summary>
internal sealed class AttemptRunner(
    UpstreamHttp upstream, TokenCache tokens, ResponseReader responses, SampleReader samples, TimeProvider time)
{
    /// <exception cref="OperationCanceledException">The execution was aborted.</exception>
    public async Task<AttemptResult> RunAsync(Execution execution, ExecutionProgress progress, CancellationToken cancellationToken)
    {
        var plan = execution.Plan;
        using var deadline = new DeadlineTimer(time, execution.Started, execution.Timeout);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            // 3 authorize
            var token = await AuthorizeAsync(execution, progress, refused: null, stop.Token).ConfigureAwait(false);
            // 4 guard, 5 send
            using var message = await SendAsync(execution, progress, token, stop.Token).ConfigureAwait(false);

            // 6 read with a cap
            using var response = await responses.ReadAsync(
                message,
                plan.Reading,
                execution.WantsBody,
                execution.Timeout - time.GetElapsedTime(execution.Started),
                stop.Token).ConfigureAwait(false);

            // 7 classify
            progress.Enter(FailureStage.Judge);
            var result = Conclude(execution, progress, response);
            // A response that was complete only after the deadline counts as a timeout.
            stop.Token.ThrowIfCancellationRequested();
            return result;
        }
        catch (Exception e) when (IsOutcome(e, stop.Token))
        {
            return new AttemptResult.Failed(ToFailure(e, execution, progress, deadline, stop.Token, cancellationToken));
        }
    }

    /// <summary>Steps 7 and 8.</summary>
    private AttemptResult Conclude(Execution execution, ExecutionProgress progress, UpstreamResponse response)
    {
        var plan = execution.Plan.Reading;
        UpstreamFailure failure;
        try
        {
            var verdict = responses.Judge(response, plan, execution.Variables);
            // 8 extract
            if (verdict.Failure is null)
                return new AttemptResult.Succeeded(
                    ResponseReader.Extract(response, verdict, plan.Results, execution.WantsBody));
            failure = verdict.Failure;
        }
        catch (UpstreamException e)
        {
            failure = e.Failure;
        }

        var answer = FailureAnswers.Of(
            response, plan.ErrorFields, execution.WantsBody, execution.MaskOfAnswer(progress.Tokens));
        return new AttemptResult.Failed(failure.At(progress.Stage, progress.StatusCode) with { Answer = answer });
    }

    /// <summary>Steps 3 to 6 for a sample of the response, whatever its status.</summary>
    /// <returns>Either a sample or a failure.</returns>
    /// <exception cref="OperationCanceledException">The execution was aborted.</exception>
    public async Task<(Sample? Sample, UpstreamFailure? Failure)> SampleAsync(
        Execution execution, ExecutionProgress progress, CancellationToken cancellationToken)
    {
        using var deadline = new DeadlineTimer(time, execution.Started, execution.Timeout);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            var token = await AuthorizeAsync(execution, progress, refused: null, stop.Token).ConfigureAwait(false);
            using var message = await SendAsync(execution, progress, token, stop.Token).ConfigureAwait(false);
            var sample = await samples.ReadAsync(
                message,
                execution.Plan.Reading.Policy,
                execution.TakenNames,
                execution.MaskOfAnswer(progress.Tokens),
                execution.Started,
                stop.Token).ConfigureAwait(false);
            stop.Token.ThrowIfCancellationRequested();
            return (sample, null);
        }
        catch (Exception e) when (IsOutcome(e, stop.Token))
        {
            return (null, ToFailure(e, execution, progress, deadline, stop.Token, cancellationToken));
        }
    }

    private static bool IsOutcome(Exception e, CancellationToken stop) =>
        FailureClassifier.Classify(e) is not null || (e is OperationCanceledException && stop.IsCancellationRequested);

    private static UpstreamFailure ToFailure(
        Exception e,
        Execution execution,
        ExecutionProgress progress,
        DeadlineTimer deadline,
        CancellationToken stop,
        CancellationToken aborted)
    {
        if (stop.IsCancellationRequested)
        {
            // The event stream may have aborted this attempt because its deadline passed: the circuit breaker must
            // still count it as a timeout. For the same reason, a socket that is closed during a read fails with an
            // exception of its own.
            if (!deadline.HasPassed)
                aborted.ThrowIfCancellationRequested();
            return execution.TimedOut(progress);
        }

        return FailureClassifier.Classify(e)!.At(progress.Stage, progress.StatusCode);
    }

    /// <returns>The credential to send; null if the action has none.</returns>
    private async ValueTask<string?> AuthorizeAsync(
        Execution execution, ExecutionProgress progress, string? refused, CancellationToken cancellationToken)
    {
        switch (execution.Plan.Authentication)
        {
            case FixedAuthenticationPlan known:
                return known.Secret;
            case OAuth2Plan oauth:
                progress.Enter(FailureStage.Authorize);
                var token = await tokens.GetAsync(oauth, execution.Input.Workspace, refused, cancellationToken).ConfigureAwait(false);
                progress.AddToken(token);
                return token;
            default:
                return null;
        }
    }

    /// <returns>The final response, as soon as its headers have arrived.</returns>
    private async Task<HttpResponseMessage> SendAsync(
        Execution execution, ExecutionProgress progress, string? secret, CancellationToken cancellationToken)
    {
        var response = await FollowAsync(execution, progress, secret, cancellationToken).ConfigureAwait(false);
        // The token may have been revoked before it expired. An API that refuses the token hasn't done anything yet, so
        // the request can be repeated. If a redirect led to another origin, that origin never received the token.
        if (execution.Plan.Authentication is OAuth2Plan oauth
            && response.StatusCode == HttpStatusCode.Unauthorized
            && response.RequestMessage?.Headers.NonValidated.Contains(oauth.Place.Name) != false)
        {
            using (response)
                secret = await AuthorizeAsync(execution, progress, refused: secret, cancellationToken).ConfigureAwait(false);
            response = await FollowAsync(execution, progress, secret, cancellationToken).ConfigureAwait(false);
        }

        progress.Receive((int)response.StatusCode);
        return response;
    }

    private async Task<HttpResponseMessage> FollowAsync(
        Execution execution, ExecutionProgress progress, string? secret, CancellationToken cancellationToken)
    {
        var (plan, maxRedirects) = (execution.Plan.Authentication, execution.Plan.Response.MaxRedirects);
        var request = plan is null ? execution.Request : execution.Request.Authorize(plan.Place, plan.Value(secret!));
        var status = 0;
        for (var redirects = 0; ; redirects++)
        {
            using var message = request.ToMessage(execution.Input.Workspace);
            progress.Send(message);
            HttpResponseMessage response;
            try
            {
                response = await upstream.SendAsync(message, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (redirects > 0 && FailureClassifier.Classify(e) is { Reason: FailureReason.BlockedAddress } blocked)
            {
                throw new UpstreamException(blocked with { Detail = $"The API redirected to another address. {blocked.Detail}", StatusCode = status });
            }

            if (maxRedirects == 0 || !Redirect.IsOne(response, out var location))
                return response;
            using (response)
            {
                progress.Enter(FailureStage.Judge);
                status = (int)response.StatusCode;
                if (redirects == maxRedirects)
                    throw new UpstreamException(new UpstreamFailure(
                        FailureReason.InvalidResponse,
                        $"The API redirected more than {maxRedirects} times, the limit in response_policy.max_redirects.",
                        status));
                request = Redirect.Follow(request, plan?.Place, status, location);
                request = request.InTrace(upstream.TraceparentFor(request.Url, execution.Input.Traceparent));
            }
        }
    }
}
