using Actions.Engine.Limits;
using Actions.Engine.Masking;
using Actions.Engine.Outcomes;
using Actions.Engine.Response;
using Actions.V1;
using BitFaster.Caching.Lru;

namespace Actions.Engine.Outbound.Authentication;

/// <summary>A token and the time until which it is used.</summary>
internal sealed record AccessToken(string Text, DateTimeOffset GoodUntil);

/// <summary>Fetches tokens with the client credentials grant, RFC 6749 section 4.4.</summary>
internal sealed class TokenEndpoint(UpstreamHttp upstream, EngineOptions options, TimeProvider time)
{
    // Lifetime of a token without expires_in, which section 5.1 leaves open. Short enough to notice a change.
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromMinutes(5);
    // A token is replaced this long before it expires: a call takes time, and clocks differ.
    private static readonly TimeSpan LongestMargin = TimeSpan.FromSeconds(30);
    private const int MaxAnswerBytes = 64 << 10;

    // The way of authenticating that each endpoint accepted last.
    private readonly ConcurrentLru<OAuth2Plan, ClientAuthentication> _accepted =
        new(Environment.ProcessorCount, options.MaxCachedTokens, EqualityComparer<OAuth2Plan>.Default);

    /// <exception cref="UpstreamException">The endpoint returned no token, or the SSRF guard refuses its
    /// URL.</exception>
    public async Task<AccessToken> FetchAsync(OAuth2Plan plan, string workspace)
    {
        // A cache's lazy value calls this: nothing of it may run on the first execution's thread.
        await Task.Yield();
        using var timeout = new CancellationTokenSource(options.TokenTimeout, time);
        try
        {
            return await FetchAsync(plan, workspace, timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw NoToken($"The token endpoint took longer than {options.TokenTimeout.TotalMilliseconds:0} ms.", retryable: true);
        }
        catch (Exception e) when (FailureClassifier.Classify(e) is { Reason: not FailureReason.Authentication } failure)
        {
            if (failure.Reason == FailureReason.BlockedAddress)
                throw new UpstreamException(failure with
                {
                    Detail = $"The token endpoint can't be reached. {failure.Detail}",
                    Stage = FailureStage.Authorize,
                });
            throw NoToken($"The token endpoint can't be reached. {failure.Detail}", failure.Retryable);
        }
    }

    private async Task<AccessToken> FetchAsync(OAuth2Plan plan, string workspace, CancellationToken cancellationToken)
    {
        var refusals = new List<(ClientAuthentication Method, TokenRefusal Refusal)>();
        foreach (var method in TokenRequest.Methods(plan, _accepted.TryGet(plan, out var accepted)
            ? accepted : default))
        {
            var (response, refusal) = await AskAsync(plan, method, workspace, cancellationToken).ConfigureAwait(false);
            if (refusal is null)
            {
                _accepted.AddOrUpdate(plan, method);
                return Keep(response);
            }

            refusals.Add((method, refusal));
            if (!refusal.MayBeOfTheMethod)
                break;
        }

        throw NoToken(Describe(refusals), refusals[^1].Refusal.Retryable);
    }

    private async Task<(TokenAnswer Answer, TokenRefusal? Refusal)> AskAsync(
        OAuth2Plan plan, ClientAuthentication method, string workspace, CancellationToken cancellationToken)
    {
        using var request = TokenRequest.Create(plan, method, workspace);
        using var response = await upstream.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var body = await CappedBody.ReadAsync(response.Content, MaxAnswerBytes, cancellationToken).ConfigureAwait(false);
        var answer = TokenAnswer.Read(body.ToBytes(), UpstreamResponse.ContentTypeOf(response));
        if (answer == TokenAnswer.Nothing && body.Undecodable is { } why)
            throw new UpstreamException(ResponseReader.Undecodable(why));
        return (answer, TokenRefusal.Of(response, answer, new SecretMask(plan.Secrets)));
    }

    private AccessToken Keep(TokenAnswer answer)
    {
        var lifetime = answer.Lifetime() ?? DefaultLifetime;
        var margin = TimeSpan.FromTicks(Math.Min(LongestMargin.Ticks, lifetime.Ticks / 10));
        return new AccessToken(answer.AccessToken!, time.GetUtcNow() + lifetime - margin);
    }

    /// <summary>One sentence if the endpoint said the same to every way; otherwise each with its way.</summary>
    private static string Describe(List<(ClientAuthentication Method, TokenRefusal Refusal)> refusals) =>
        refusals.All(other => other.Refusal.Detail == refusals[0].Refusal.Detail)
            ? refusals[0].Refusal.Detail
            : string.Join(' ', refusals.Select(other => $"{NameOf(other.Method)}: {other.Refusal.Detail}"));

    private static string NameOf(ClientAuthentication method) => method switch
    {
        ClientAuthentication.Basic => "With HTTP Basic",
        ClientAuthentication.BasicUnencoded => "With HTTP Basic without form encoding",
        _ => "With the secret in the form",
    };

    private static UpstreamException NoToken(string detail, bool retryable) =>
        new(new UpstreamFailure(FailureReason.Authentication, detail) { Retryable = retryable });
}
