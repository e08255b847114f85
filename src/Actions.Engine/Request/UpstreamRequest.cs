using System.Collections.Immutable;
using System.Net;
using System.Text;
using Actions.Engine.Http;
using Actions.Engine.Limits;
using Actions.Engine.Masking;
using Actions.Engine.Outbound.Authentication;
using Actions.Engine.Variables;
using Actions.V1;

namespace Actions.Engine.Request;

/// <summary>Step 2: a fully rendered request, ready to be sent or displayed.</summary>
internal sealed record UpstreamRequest(
    System.Net.Http.HttpMethod Method,
    Uri Url,
    ImmutableArray<KeyValuePair<string, string>> Headers,
    ReadOnlyMemory<byte>? Body)
{
    // Masking may lengthen the text: a mask may be longer than the text it replaces.
    private static readonly EngineOptions NoLimits = new()
    {
        MaxRenderedUrlLength = int.MaxValue,
        MaxHeaderValueLength = int.MaxValue,
        MaxRenderedBodyBytes = int.MaxValue,
    };

    /// <summary>RFC 9110 section 8.6: the length of no content is stated if the method is one that has content.</summary>
    private bool MayOmitLength => Method == System.Net.Http.HttpMethod.Get
        || Method == System.Net.Http.HttpMethod.Delete;

    /// <param name="idempotencyKey">Sent as Idempotency-Key unless empty, in place of the action's own header.</param>
    /// <exception cref="InvalidFieldsException">A variable's value is invalid at its place in the request.</exception>
    public static UpstreamRequest Render(
        RequestPlan plan, VariableValues variables, string idempotencyKey, EngineOptions options)
    {
        var violations = new Violations();
        var url = plan.RenderUrl(variables, options.MaxRenderedUrlLength, violations);
        if (url.OriginalString.Length > options.MaxRenderedUrlLength)
            violations.Add("variables", $"make the URL longer than {options.MaxRenderedUrlLength} characters.");

        var body = plan.RenderBody(variables, options.MaxRenderedBodyBytes, violations);
        var headers = plan.RenderHeaders(variables, body is not null, idempotencyKey, options, violations);
        if (body?.Length > options.MaxRenderedBodyBytes)
            violations.Add("variables", $"make the body larger than {options.MaxRenderedBodyBytes} bytes.");
        violations.ThrowIfAny();
        return new UpstreamRequest(plan.Method, url, headers, body);
    }

    /// <summary>The request for display: the one that was sent, with masked values.</summary>
    public static UpstreamRequest RenderMasked(RequestPlan plan, VariableValues masked, string idempotencyKey) =>
        Render(plan, masked, idempotencyKey, NoLimits);

    /// <param name="workspace">The workspace that the request is for.</param>
    public UpstreamMessage ToMessage(string workspace)
    {
        var message = new UpstreamMessage(Method, Url)
        {
            Workspace = workspace,
            // HTTP/2 if TLS negotiates it, else HTTP/1.1.
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        // Without content, SocketsHttpHandler sends a request of any method again when a pooled connection is closed
        // during it.
        if (Body is not null || !MayOmitLength)
            message.Content = ToContent(message);
        foreach (var (name, value) in Headers)
        {
            if (message.Headers.TryAddWithoutValidation(name, value))
                continue;
            // Content headers need a content to belong to.
            message.Content ??= ToContent(message);
            message.Content.Headers.TryAddWithoutValidation(name, value);
        }

        return message;
    }

    /// <summary>Step 3: the same request with a credential, which replaces any value at its place.</summary>
    public UpstreamRequest Authorize(CredentialPlace place, string value)
    {
        var (name, inQuery) = place;
        if (!inQuery)
            return this with { Headers = Without(name).Add(new(name, value)) };
        var separator = Url.Query.Length switch
        {
            0 => Url.OriginalString.EndsWith('?') ? "" : "?",
            _ => Url.Query.EndsWith('&') || Url.Query == "?" ? "" : "&",
        };
        var url = $"{Url.OriginalString}{separator}{Uri.EscapeDataString(name)}={Uri.EscapeDataString(value)}";
        return this with { Url = new Uri(url, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }) };
    }

    /// <summary>The same request in the client's trace, unless it has a trace already.</summary>
    /// <param name="traceparent">Empty: the request isn't in a trace.</param>
    public UpstreamRequest InTrace(string traceparent) =>
        traceparent.Length == 0 || Headers.Any(header => header.Key.Equals(OwnHeaders.Traceparent,
            StringComparison.OrdinalIgnoreCase))
            ? this
            : this with { Headers = Headers.Add(new(OwnHeaders.Traceparent, traceparent)) };

    /// <summary>The same request with all secrets masked. The origin is part of the action and stays.</summary>
    public UpstreamRequest Mask(SecretMask mask)
    {
        var url = Url.OriginalString;
        var path = url.IndexOf('/', Url.Scheme.Length + Uri.SchemeDelimiter.Length);
        return this with
        {
            Url = new Uri(url[..path] + mask.Mask(url[path..]), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }),
            Headers = [.. Headers.Select(header => KeyValuePair.Create(header.Key, mask.Mask(header.Value)))],
            Body = Body is { } body ? mask.Mask(body.ToArray()) : null,
        };
    }

    /// <returns>At most <see cref="ContractLimits.MaxRenderedRequestBytes"/>.</returns>
    public RenderedRequest ToRendered()
    {
        using var message = ToMessage(workspace: "");
        var body = Body is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : "";
        var rendered = new RenderedRequest
        {
            Method = Enum.Parse<V1.HttpMethod>(Method.Method, ignoreCase: true),
            Url = Url.OriginalString,
            Headers = { message.SentHeaders.Select(header => new Header { Name = header.Key, Value = header.Value }) },
            Body = body,
        };
        rendered.Curl = CurlCommand.Of(Method.Method, rendered, statesLength: !MayOmitLength);
        return RenderedSize.Fit(rendered);
    }

    private UpstreamContent ToContent(UpstreamMessage message) => new(message, Body ?? default, MayOmitLength);

    private ImmutableArray<KeyValuePair<string, string>> Without(string name)
    {
        foreach (var (other, _) in Headers)
        {
            if (other.Equals(name, StringComparison.OrdinalIgnoreCase))
                return Headers.RemoveAll(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase));
        }

        return Headers;
    }
}
