using System.Net;
using Actions.Engine.Outbound;
using Actions.Engine.Outbound.Authentication;
using Actions.Engine.Outcomes;
using Actions.Engine.Request;
using Actions.V1;

namespace Actions.Engine.Executions;

/// <summary>Steps 3 to 5 of one attempt: authorizes the request, sends it and follows redirects.</summary>
internal sealed class UpstreamSender(UpstreamHttp upstream, TokenCache tokens)
{
    /// <param name="request">What.</param>
    /// <param name="authentication">How to prove who sends it.</param>
    /// <param name="maxRedirects">How many are followed.</param>
    /// <param name="onToken">Told each token before it is sent.</param>
    /// <param name="cancellationToken">Aborts it.</param>
    /// <returns>The answer as soon as its headers are there.</returns>
    /// <exception cref="UpstreamException">There is no token, the redirects can't be followed, or the guard refuses an address.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        UpstreamRequest request,
        AuthenticationPlan? authentication,
        int maxRedirects,
        Action<string> onToken,
        CancellationToken cancellationToken)
    {
        switch (authentication)
        {
            case FixedAuthenticationPlan known:
                return await FollowAsync(request, known, known.Secret, maxRedirects, cancellationToken).ConfigureAwait(false);
            case OAuth2Plan oauth:
                return await SendWithTokenAsync(request, oauth, maxRedirects, onToken, cancellationToken).ConfigureAwait(false);
            default:
                return await FollowAsync(request, credential: null, maxRedirects, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<HttpResponseMessage> SendWithTokenAsync(
        UpstreamRequest request, OAuth2Plan oauth, int maxRedirects, Action<string> onToken, CancellationToken cancellationToken)
    {
        try
        {
            var token = await tokens.GetAsync(oauth, refused: null, cancellationToken).ConfigureAwait(false);
            onToken(token);
            var response = await FollowAsync(request, oauth, token, maxRedirects, cancellationToken).ConfigureAwait(false);
            // Another origin that was redirected to hasn't seen the token.
            if (response.StatusCode != HttpStatusCode.Unauthorized
                || response.RequestMessage?.Headers.NonValidated.Contains(oauth.Place.Name) == false)
                return response;

            // It may have been revoked before its time. An API that refuses the token hasn't done anything yet.
            using (response)
                token = await tokens.GetAsync(oauth, refused: token, cancellationToken).ConfigureAwait(false);
            onToken(token);
            return await FollowAsync(request, oauth, token, maxRedirects, cancellationToken).ConfigureAwait(false);
        }
        catch (TokenException e)
        {
            throw new UpstreamException(new UpstreamFailure(FailureReason.Authentication, e.Message) { Retryable = e.Retryable });
        }
    }

    private Task<HttpResponseMessage> FollowAsync(
        UpstreamRequest request, AuthenticationPlan plan, string secret, int maxRedirects, CancellationToken cancellationToken) =>
        FollowAsync(request.Authorize(plan.Place, plan.Value(secret)), plan.Place, maxRedirects, cancellationToken);

    private async Task<HttpResponseMessage> FollowAsync(
        UpstreamRequest request, CredentialPlace? credential, int maxRedirects, CancellationToken cancellationToken)
    {
        var status = 0;
        for (var redirects = 0; ; redirects++)
        {
            using var message = request.ToMessage();
            HttpResponseMessage response;
            try
            {
                response = await upstream.SendAsync(message, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (redirects > 0 && UpstreamFailure.Classify(e, status) is { Reason: FailureReason.BlockedAddress } blocked)
            {
                throw new UpstreamException(blocked with { Detail = $"The API redirected to another address. {blocked.Detail}", StatusCode = status });
            }

            if (maxRedirects == 0 || !Redirect.IsOne(response, out var location))
                return response;
            using (response)
            {
                status = (int)response.StatusCode;
                if (redirects == maxRedirects)
                    throw new UpstreamException(new UpstreamFailure(
                        FailureReason.InvalidResponse, $"The API redirected more than {maxRedirects} times.", status));
                request = Redirect.Follow(request, credential, status, location);
            }
        }
    }
}
