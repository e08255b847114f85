using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Actions.Engine.Http;
using Actions.Engine.Outbound.Authentication;
using Actions.Engine.Outcomes;
using Actions.Engine.Syntax;
using Actions.Engine.Templates;
using Actions.V1;

namespace Actions.Engine.Request;

/// <summary>The target of a redirect and the request that is sent there. RFC 9110 section 15.4.</summary>
internal static partial class Redirect
{
    // Headers that reveal nothing about the sender. Any other header may, whatever its name.
    private static readonly ImmutableHashSet<string> Harmless = ImmutableHashSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Accept", "Accept-Encoding", "Accept-Language", "User-Agent", "Content-Type", IdempotencyKey.Header);

    /// <summary>A redirect whose location is missing or can't be parsed counts as an ordinary response.</summary>
    public static bool IsOne(HttpResponseMessage response, [NotNullWhen(true)] out Uri? location)
    {
        location = null;
        if (!StatusSet.IsRedirect((int)response.StatusCode)
            || !response.Headers.NonValidated.TryGetValues("Location", out var values)
            || values.Distinct(StringComparer.Ordinal).ToArray() is not [{ Length: > 0 } only])
            return false;
        // The path and the query are followed byte by byte, in whatever encoding they are.
        var host = Authority().Match(only).Length;
        var followed = HeaderText.Read(only[..host]) + HeaderText.PercentEncode(only[host..].Trim(' ', '\t'));
        return Uri.TryCreate(followed, UriKind.RelativeOrAbsolute, out location);
    }

    /// <summary>
    /// 303 asks for a GET. 301 and 302 turn a POST into a GET, as in all common clients. What was asked for may be done
    /// then; a redirect that keeps the method asks for it again, elsewhere.
    /// </summary>
    public static bool BecomesGet(System.Net.Http.HttpMethod method, int status) =>
        method != System.Net.Http.HttpMethod.Get
        && (status == 303 || (status is 301 or 302 && method == System.Net.Http.HttpMethod.Post));

    /// <exception cref="UpstreamException">The redirect leads to a forbidden target.</exception>
    public static UpstreamRequest Follow(UpstreamRequest request, CredentialPlace? credential, int status, Uri location)
    {
        Uri target;
        try
        {
            // Parsed and checked like an action's URL. The fragment is for the reader of the response and is dropped. A
            // fragment alone yields the base itself. The request's own Uri (not canonicalized) refuses GetComponents.
            var absolute = location.IsAbsoluteUri ? location : new Uri(new Uri(request.Url.OriginalString), location);
            target = UrlTemplate.ParseLiteral(
                absolute.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)
                + (LocationPath.AsSent(request.Url, location)
                    ?? absolute.GetComponents(UriComponents.PathAndQuery, UriFormat.UriEscaped)));
            RefuseAnotherHost(location, target);
        }
        catch (Exception e) when (e is SyntaxException or UriFormatException)
        {
            throw new UpstreamException(new UpstreamFailure(
                FailureReason.InvalidResponse, "The API redirected to a location that isn't an http or https address.", status));
        }

        if (request.Url.Scheme == Uri.UriSchemeHttps && target.Scheme != Uri.UriSchemeHttps)
            throw new UpstreamException(new UpstreamFailure(
                FailureReason.BlockedAddress, "The API redirected from https to http.", status));

        var sameOrigin = request.Url.Scheme == target.Scheme && request.Url.Host == target.Host && request.Url.Port == target.Port;
        var headers = sameOrigin ? request.Headers : request.Headers.RemoveAll(header => !Harmless.Contains(header.Key) || IsCredential(header.Key, credential));
        return BecomesGet(request.Method, status)
            ? new UpstreamRequest(
                System.Net.Http.HttpMethod.Get, target, headers.RemoveAll(header => IsAboutContent(header.Key)), null)
            : request with { Url = target, Headers = headers };
    }

    /// <summary>Uri drops zones and decodes names: checks that the target to call is the one in the header.</summary>
    /// <exception cref="SyntaxException">The target is another host or port.</exception>
    private static void RefuseAnotherHost(Uri location, Uri target)
    {
        var said = location.OriginalString;
        if (said.StartsWith("//", StringComparison.Ordinal))
            said = $"{target.Scheme}:{said}";
        else if (!location.IsAbsoluteUri || location.Scheme is not ("http" or "https"))
            return;
        if (UrlTemplate.OriginOf(UserInfo().Replace(said, "", 1)) != target.GetLeftPart(UriPartial.Authority))
            throw new SyntaxException("is another host or port");
    }

    [GeneratedRegex(@"^\s*(?:[A-Za-z][A-Za-z0-9+.\-]*:)?[/\\]{2}[^/?#\\]*")]
    private static partial Regex Authority();

    // User info is dropped: the redirecting server has no credentials of ours.
    [GeneratedRegex(@"(?<=^[^/?#\\]*//)[^/?#\\]*@")]
    private static partial Regex UserInfo();

    /// <summary>An API key may be in a header that is harmless elsewhere.</summary>
    private static bool IsCredential(string header, CredentialPlace? credential) =>
        credential is { InQuery: false } place && place.Name.Equals(header, StringComparison.OrdinalIgnoreCase);

    private static bool IsAboutContent(string header) =>
        header.StartsWith("Content-", StringComparison.OrdinalIgnoreCase);
}
