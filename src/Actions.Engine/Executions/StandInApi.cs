using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Actions.Engine.Http;
using Actions.Engine.Outbound;
using Actions.Engine.Outcomes;
using Actions.Engine.Request;
using Actions.V1;

namespace Actions.Engine.Executions;

/// <summary>
/// Stands in for the API of a simulated execution: the response, or what HttpClient would have thrown, after its time.
/// Nothing is sent and no place in a line is taken; the URL is checked as ever.
/// </summary>
internal sealed class StandInApi(UpstreamHttp upstream, TimeProvider time)
{
    /// <exception cref="Exception">What the real fault throws: see <see cref="FailureClassifier"/>.</exception>
    /// <exception cref="OperationCanceledException">The execution was aborted, or timed out.</exception>
    public async ValueTask<HttpResponseMessage> SendAsync(
        Execution execution, Simulation simulation, ExecutionProgress progress, CancellationToken cancellationToken)
    {
        progress.Enter(FailureStage.Connect);
        upstream.ThrowIfBlocked(execution.Request.Url);
        // The last one stands for all further attempts.
        var attempt = simulation.Attempts[Math.Min(progress.Attempts, simulation.Attempts.Count) - 1];
        progress.Enter(StageOf(attempt.Fault));
        await WaitAsync(attempt, cancellationToken).ConfigureAwait(false);
        if (attempt.OutcomeCase == SimulatedAttempt.OutcomeOneofCase.Fault)
            return attempt.Fault == SimulatedFault.TooLarge ? TooLarge(execution) : throw ExceptionOf(attempt.Fault);
        var response = ToMessage(attempt.Response ?? new SimulatedResponse());
        ThrowIfFollowed(execution, progress, response);
        return response;
    }

    /// <summary>Where the attempt waits, and is when it times out.</summary>
    private static FailureStage StageOf(SimulatedFault fault) => fault switch
    {
        SimulatedFault.Refused => FailureStage.Connect,
        SimulatedFault.Tls => FailureStage.Tls,
        SimulatedFault.NameResolution => FailureStage.Resolve,
        _ => FailureStage.Wait,
    };

    private async ValueTask WaitAsync(SimulatedAttempt attempt, CancellationToken cancellationToken)
    {
        if (attempt.Fault == SimulatedFault.Timeout)
            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken).ConfigureAwait(false);
        var (began, latency) = (time.GetTimestamp(), attempt.Latency?.ToTimeSpan() ?? TimeSpan.Zero);
        // A timer may fire some milliseconds early.
        while (latency - time.GetElapsedTime(began) is { Ticks: > 0 } left)
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), time, cancellationToken)
                .ConfigureAwait(false);
    }

    private static Exception ExceptionOf(SimulatedFault fault) => fault switch
    {
        SimulatedFault.Refused => new HttpRequestException(
            HttpRequestError.ConnectionError, inner: new SocketException((int)SocketError.ConnectionRefused)),
        SimulatedFault.Reset => new HttpRequestException(
            HttpRequestError.Unknown,
            inner: new IOException(null, new SocketException((int)SocketError.ConnectionReset))),
        SimulatedFault.Tls => new HttpRequestException(
            HttpRequestError.SecureConnectionError, inner: new AuthenticationException()),
        _ => new UpstreamException(new UpstreamFailure(
            FailureReason.NameResolution, FailureTraits.Of(FailureReason.NameResolution).Detail)),
    };

    /// <summary>A success, but for its size.</summary>
    private static HttpResponseMessage TooLarge(Execution execution)
    {
        var policy = execution.Plan.Response;
        var status = Enumerable.Range(200, 400).FirstOrDefault(policy.SuccessStatuses.Contains, defaultValue: 200);
        return new HttpResponseMessage((HttpStatusCode)status)
        {
            Content = new ByteArrayContent(new byte[policy.MaxBodyBytes + 1]),
        };
    }

    private static HttpResponseMessage ToMessage(SimulatedResponse simulated)
    {
        var message = new HttpResponseMessage((HttpStatusCode)(simulated.Status == 0 ? 200 : simulated.Status))
        {
            Content = new ByteArrayContent(simulated.Body.ToByteArray()),
        };
        foreach (var header in simulated.Headers)
        {
            // As HttpClient hands on the bytes of a header.
            var value = HeaderText.Bytes.GetString(Encoding.UTF8.GetBytes(header.Value));
            if (!message.Headers.TryAddWithoutValidation(header.Name, value))
                message.Content.Headers.TryAddWithoutValidation(header.Name, value);
        }

        return message;
    }

    /// <summary>A redirect that is followed leads to another response, of which the simulation says nothing.</summary>
    private void ThrowIfFollowed(Execution execution, ExecutionProgress progress, HttpResponseMessage response)
    {
        if (execution.Plan.Response.MaxRedirects == 0 || !Redirect.IsOne(response, out var location))
            return;
        progress.Enter(FailureStage.Judge);
        var status = (int)response.StatusCode;
        var next = Redirect.Follow(execution.Request, execution.Plan.Authentication?.Place, status, location);
        upstream.ThrowIfBlocked(next.Url);
        throw new UpstreamException(new UpstreamFailure(
            FailureReason.InvalidResponse,
            "The simulated response is a redirect that would be followed, and its target isn't called in a simulation. "
            + "Simulate the response of the target instead.",
            status));
    }
}
