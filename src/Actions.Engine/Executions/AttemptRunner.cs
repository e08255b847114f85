using System.Net;
using System.Runtime.CompilerServices;
using Actions.Engine.Outbound;
using Actions.Engine.Outbound.Attempts;
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
    UpstreamHttp upstream, UpstreamHosts hosts, TokenCache tokens, ResponseReader responses, SampleReader samples,
    TimeProvider time)
{
    private readonly StandInApi _standIn = new(upstream, time);

    /// <exception cref="OperationCanceledException">The execution was aborted.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<AttemptResult> RunAsync(
        Execution execution, HostKey host, ExecutionProgress progress, Alarm alarm)
    {
        var (plan, stop) = (execution.Plan, alarm.Token);
        var simulation = execution.Input.Simulation;
        using var turn = TurnOf(execution, plan);
        if (simulation is null)
            turn.Guarded(host.Authority);
        try
        {
            // 3 authorize
            var token = simulation is null
                ? await AuthorizeAsync(execution, progress, refused: null, stop).ConfigureAwait(false)
                : null;
            // 4 guard, 5 send
            using var message = simulation is null
                ? await SendAsync(execution, progress, turn, token, stop).ConfigureAwait(false)
                : await _standIn.SendAsync(execution, simulation, progress, stop).ConfigureAwait(false);
            progress.Receive((int)message.StatusCode);

            // 6 read with a cap
            using var response = await responses.ReadAsync(
                message,
                plan.Reading,
                execution.WantsBody || execution.Input.Journal is { KeepsBody: true },
                execution.Timeout - time.GetElapsedTime(execution.Started),
                stop).ConfigureAwait(false);

            execution.Input.Journal?.Keep(response);
            // 7 classify
            progress.Enter(FailureStage.Judge);
            var result = Conclude(execution, progress, response);
            // A response that was complete only after the deadline counts as a timeout.
            stop.ThrowIfCancellationRequested();
            turn.Tell(result);
            return result;
        }
        catch (Exception e) when (IsOutcome(e, stop))
        {
            var failed = new AttemptResult.Failed(ToFailure(e, execution, progress, alarm));
            // Before the place is free: if the host is down, the next in line hears of it instead of calling it.
            turn.Tell(failed);
            return failed;
        }
        finally
        {
            progress.Waited = turn.Waited;
        }
    }

    private HostTurn TurnOf(Execution execution, object action) =>
        new(hosts, execution.Input.Workspace, action, execution.Started, execution.Timeout);

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

        return new AttemptResult.Failed(
            failure.At(progress.Stage, progress.StatusCode) with { Answer = AnswerOf(execution, progress, response) });
    }

    private static FailureAnswer AnswerOf(Execution execution, ExecutionProgress progress, UpstreamResponse response) =>
        FailureAnswers.Of(
            response,
            execution.Plan.Reading,
            execution.WantsBody,
            texts => execution.MaskOfAnswer(progress.Tokens.Concat(texts)));

    /// <summary>Steps 3 to 6 for a sample of the response, whatever its status.</summary>
    /// <returns>Either a sample or a failure.</returns>
    /// <exception cref="OperationCanceledException">The execution was aborted.</exception>
    public async Task<(Sample? Sample, UpstreamFailure? Failure)> SampleAsync(
        Execution execution, ExecutionProgress progress, Alarm alarm)
    {
        // All samples of a workspace have one queue: nobody gets more turns by taking them.
        using var turn = TurnOf(execution, this);
        var stop = alarm.Token;
        try
        {
            var token = await AuthorizeAsync(execution, progress, refused: null, stop).ConfigureAwait(false);
            using var message = await SendAsync(execution, progress, turn, token, stop).ConfigureAwait(false);
            progress.Receive((int)message.StatusCode);
            var sample = await samples.ReadAsync(
                message,
                execution.Plan.Reading,
                execution.TakenNames,
                texts => execution.MaskOfAnswer(progress.Tokens.Concat(texts)),
                execution.Started,
                stop).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
            return (sample, null);
        }
        catch (Exception e) when (IsOutcome(e, stop))
        {
            return (null, ToFailure(e, execution, progress, alarm));
        }
    }

    private static bool IsOutcome(Exception e, CancellationToken stop) =>
        FailureClassifier.Classify(e) is not null || (e is OperationCanceledException && stop.IsCancellationRequested);

    private static UpstreamFailure ToFailure(
        Exception e, Execution execution, ExecutionProgress progress, Alarm alarm)
    {
        // A socket that is closed during a read because of the cancellation fails with an exception of its own.
        if (alarm.Token.IsCancellationRequested)
        {
            // The circuit breaker must count a timeout, also if the event stream was the first to notice it.
            return alarm.HasPassed ? execution.TimedOut(progress) : throw new OperationCanceledException(alarm.Token);
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
    private ValueTask<HttpResponseMessage> SendAsync(
        Execution execution, ExecutionProgress progress, HostTurn turn, string? secret,
        CancellationToken cancellationToken) =>
        execution.Plan.Authentication is OAuth2Plan oauth
            ? SendWithTokenAsync(execution, oauth, progress, turn, secret, cancellationToken)
            : FollowAsync(execution, progress, turn, secret, cancellationToken);

    private async ValueTask<HttpResponseMessage> SendWithTokenAsync(
        Execution execution, OAuth2Plan oauth, ExecutionProgress progress, HostTurn turn, string? token,
        CancellationToken cancellationToken)
    {
        var response = await FollowAsync(execution, progress, turn, token, cancellationToken).ConfigureAwait(false);
        // The token may have been revoked before it expired. An API that refuses the token hasn't done anything yet, so
        // the request can be repeated. If a redirect led to another origin, that origin never received the token.
        if (response.StatusCode != HttpStatusCode.Unauthorized
            || response.RequestMessage?.Headers.NonValidated.Contains(oauth.Place.Name) == false)
            return response;
        response.Dispose();
        // The token may come from the same host.
        turn.Leave();
        token = await AuthorizeAsync(execution, progress, refused: token, cancellationToken).ConfigureAwait(false);
        return await FollowAsync(execution, progress, turn, token, cancellationToken).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<HttpResponseMessage> FollowAsync(
        Execution execution, ExecutionProgress progress, HostTurn turn, string? secret,
        CancellationToken cancellationToken)
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
                response = await upstream.SendAsync(message, turn, cancellationToken).ConfigureAwait(false);
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
                if (Redirect.BecomesGet(request.Method, status))
                    progress.WasTaken();
                request = Redirect.Follow(request, plan?.Place, status, location);
                request = request.InTrace(upstream.TraceparentFor(request.Url, execution.Input.Traceparent));
            }
        }
    }
}
