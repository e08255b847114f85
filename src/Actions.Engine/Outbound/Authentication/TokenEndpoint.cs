using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Actions.Engine.Http;
using Actions.Engine.Limits;
using Actions.Engine.Outbound.Guard;
using Actions.Engine.Outcomes;
using Actions.Engine.Response;
using Actions.V1;
using BitFaster.Caching.Lru;
using HttpMethod = System.Net.Http.HttpMethod;

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

    // Endpoints that once refused the Authorization header (section 2.3.1 lets them accept the body only).
    private readonly ConcurrentLru<Uri, bool> _secretInBody =
        new(Environment.ProcessorCount, options.MaxTrackedHosts, EqualityComparer<Uri>.Default);

    /// <exception cref="UpstreamException">The endpoint returned no token, or the SSRF guard refuses its
    /// URL.</exception>
    public async Task<AccessToken> FetchAsync(OAuth2Plan plan, string workspace)
    {
        // A cache's lazy value calls this: nothing of it may run on the first execution's thread.
        await Task.Yield();
        using var timeout = new CancellationTokenSource(options.TokenTimeout, time);
        try
        {
            var inBody = _secretInBody.TryGet(plan.TokenUrl, out _);
            var (status, body) = await AskAsync(plan, workspace, inBody, timeout.Token).ConfigureAwait(false);
            if (status is 400 or 401)
            {
                // The endpoint may only have refused the place of the secret, and the remembered place may be outdated.
                (status, body) = await AskAsync(plan, workspace, !inBody, timeout.Token).ConfigureAwait(false);
                if (status == 200 && inBody)
                    _secretInBody.TryRemove(plan.TokenUrl);
                else if (status == 200)
                    _secretInBody.AddOrUpdate(plan.TokenUrl, true);
            }

            return Read(status, body);
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

    private async Task<(int Status, ReadOnlyMemory<byte> Body)> AskAsync(
        OAuth2Plan plan, string workspace, bool secretInBody, CancellationToken cancellationToken)
    {
        List<KeyValuePair<string, string>> form = [new("grant_type", "client_credentials")];
        if (plan.Scope.Length > 0)
            form.Add(new("scope", plan.Scope));
        if (secretInBody)
            form.AddRange([new("client_id", plan.ClientId), new("client_secret", plan.ClientSecret)]);
        using var request = new HttpRequestMessage(HttpMethod.Post, plan.TokenUrl) { Content = new FormUrlEncodedContent(form) };
        request.Workspace = workspace;
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        // Section 2.3.1: both values are form-encoded before they are joined by a colon.
        if (!secretInBody)
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(
                Encoding.ASCII.GetBytes($"{FormUrlEncoding.Encode(plan.ClientId)}:{FormUrlEncoding.Encode(plan.ClientSecret)}")));
        using var response = await upstream.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var body = await CappedBody.ReadAsync(response.Content, MaxAnswerBytes, cancellationToken).ConfigureAwait(false);
        return ((int)response.StatusCode, body.ToBytes());
    }

    private static UpstreamException NoToken(string detail, bool retryable) =>
        new(new UpstreamFailure(FailureReason.Authentication, detail) { Retryable = retryable });

    private AccessToken Read(int status, ReadOnlyMemory<byte> body)
    {
        if (status != (int)HttpStatusCode.OK)
            throw NoToken($"The token endpoint answered with status {status}.", retryable: status is 429 or >= 500);
        try
        {
            using var json = JsonDocument.Parse(body);
            var answer = json.RootElement;
            // Section 7.1: a client must not use a token of a type that it doesn't know.
            if (answer.TryGetProperty("token_type", out var type) && !string.Equals(type.GetString(), "bearer", StringComparison.OrdinalIgnoreCase))
                throw NoToken("The token endpoint returned a token that isn't a bearer token.", retryable: false);
            var token = answer.GetProperty("access_token").GetString();
            if (string.IsNullOrEmpty(token) || !HeaderRules.IsAllowedValue(token))
                throw NoToken("The token endpoint returned a token that can't be sent.", retryable: false);

            var lifetime = Lifetime(answer);
            var margin = TimeSpan.FromTicks(Math.Min(LongestMargin.Ticks, lifetime.Ticks / 10));
            return new AccessToken(token, time.GetUtcNow() + lifetime - margin);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw NoToken("The token endpoint's response has no access_token.", retryable: false);
        }
    }

    // Some endpoints send the number as a string.
    private static TimeSpan Lifetime(JsonElement answer)
    {
        if (!answer.TryGetProperty("expires_in", out var element)
            || !double.TryParse(element.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            || !double.IsFinite(seconds))
            return DefaultLifetime;
        return TimeSpan.FromSeconds(Math.Clamp(seconds, 0, TimeSpan.FromDays(365).TotalSeconds));
    }
}
