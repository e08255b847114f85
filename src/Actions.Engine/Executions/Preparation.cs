using Actions.Engine.Masking;
using Actions.Engine.Outbound;
using Actions.Engine.Outbound.Authentication;
using Actions.Engine.Outcomes;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Executions;

/// <summary>Does ahead what an execution would wait for: connection and token. Sends the API no request.</summary>
internal sealed class Preparation(UpstreamHttp upstream, TokenCache tokens, TimeProvider time)
{
    private readonly Readiness _connections = new(upstream, time);

    /// <returns>What was done. A step that failed is the last one of its kind of work.</returns>
    /// <exception cref="OperationCanceledException">The client cancelled. What has begun goes on.</exception>
    public async Task<IReadOnlyList<PreparedStep>> PrepareAsync(
        ActionParts plan, string workspace, CancellationToken cancellationToken)
    {
        var connecting = _connections.ConnectAsync(workspace, plan.Request.Origin, cancellationToken);
        var fetching = plan.Authentication is OAuth2Plan oauth
            ? FetchAsync(oauth, workspace, cancellationToken)
            : null;
        var steps = new List<PreparedStep>(await connecting.ConfigureAwait(false));
        if (fetching is not null)
            steps.Add(await fetching.ConfigureAwait(false));
        return steps;
    }

    private async Task<PreparedStep> FetchAsync(
        OAuth2Plan plan, string workspace, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var step = new PreparedStep { Kind = PreparationKind.Token, ReadyBefore = tokens.Has(plan) };
        try
        {
            await tokens.GetAsync(plan, workspace, refused: null, cancellationToken)
                .WaitAsync(Readiness.Patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            step.Failure = FailureReason.Timeout;
            step.Detail = $"No token within {Readiness.Patience.TotalSeconds:0} s; its fetch goes on.";
        }
        catch (UpstreamException e)
        {
            (step.Failure, step.Detail) = (e.Failure.Reason, new SecretMask([.. plan.Secrets]).Mask(e.Failure.Detail));
        }

        step.Elapsed = Duration.FromTimeSpan(step.ReadyBefore ? TimeSpan.Zero : time.GetElapsedTime(began));
        return step;
    }
}
