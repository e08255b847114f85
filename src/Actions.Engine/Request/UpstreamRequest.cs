using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Actions.Engine.Http;
using Actions.Engine.Limits;
using Actions.Engine.Masking;
using Actions.Engine.Outbound.Authentication;
using Actions.Engine.Templates;
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
    private static readonly ProductInfoHeaderValue UserAgent =
        new("Actions.Grpc", typeof(UpstreamRequest).Assembly.GetName().Version!.ToString(2));

    // Masking may lengthen the text: a mask may be longer than the text it replaces.
    private static readonly EngineOptions NoLimits = new()
    {
        MaxRenderedUrlLength = int.MaxValue,
        MaxHeaderValueLength = int.MaxValue,
        MaxRenderedBodyBytes = int.MaxValue,
    };

    /// <summary>
    /// Without content, SocketsHttpHandler sends a request of any method again when a pooled connection is closed
    /// during it. With empty content it doesn't, and the wire format stays the same for methods that always send a
    /// length.
    /// </summary>
    private bool MayRepeat => Method == System.Net.Http.HttpMethod.Get || Method == System.Net.Http.HttpMethod.Delete;

    /// <param name="idempotencyKey">Sent as Idempotency-Key unless empty, in place of the action's own header.</param>
    /// <exception cref="InvalidFieldsException">A variable's value is invalid at its place in the request.</exception>
    public static UpstreamRequest Render(
        RequestPlan plan, VariableValues variables, string idempotencyKey, EngineOptions options)
    {
        var violations = new Violations();
        var url = plan.Url.Render(variables, plan.QueryParameters, options.MaxRenderedUrlLength, violations);
        if (url.OriginalString.Length > options.MaxRenderedUrlLength)
            violations.Add("variables", $"make the URL longer than {options.MaxRenderedUrlLength} characters.");

        var body = plan.Body?.Render(variables, options.MaxRenderedBodyBytes, violations);
        var headers = RenderHeaders(plan, variables, idempotencyKey, options, violations);
        if (body is not null)
            AddDefault(headers, "Content-Type", plan.Body!.ContentType);
        if (body?.Length > options.MaxRenderedBodyBytes)
            violations.Add("variables", $"make the body larger than {options.MaxRenderedBodyBytes} bytes.");
        violations.ThrowIfAny();
        return new UpstreamRequest(plan.Method, url, headers.ToImmutable(), body);
    }

    /// <summary>The request for display: the one that was sent, with masked values.</summary>
    public static UpstreamRequest RenderMasked(RequestPlan plan, VariableValues masked, string idempotencyKey) =>
        Render(plan, masked, idempotencyKey, NoLimits);

    public UpstreamMessage ToMessage()
    {
        var message = new UpstreamMessage(Method, Url)
        {
            // HTTP/2 if TLS negotiates it, else HTTP/1.1.
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        if (Body is not null || !MayRepeat)
            message.Content = new UpstreamContent(message, Body ?? default);
        foreach (var (name, value) in Headers)
        {
            if (message.Headers.TryAddWithoutValidation(name, value))
                continue;
            // Content headers need a content to belong to.
            message.Content ??= new UpstreamContent(message, default);
            message.Content.Headers.TryAddWithoutValidation(name, value);
        }

        return message;
    }

    /// <summary>Step 3: the same request with a credential, which replaces any value at its place.</summary>
    public UpstreamRequest Authorize(CredentialPlace place, string value)
    {
        var (name, inQuery) = place;
        if (!inQuery)
            return this with { Headers = [.. Headers.RemoveAll(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)), new(name, value)] };
        var separator = Url.Query.Length switch
        {
            0 => Url.OriginalString.EndsWith('?') ? "" : "?",
            _ => Url.Query.EndsWith('&') || Url.Query == "?" ? "" : "&",
        };
        var url = $"{Url.OriginalString}{separator}{Uri.EscapeDataString(name)}={Uri.EscapeDataString(value)}";
        return this with { Url = new Uri(url, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }) };
    }

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

    public RenderedRequest ToRendered()
    {
        var body = Body is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : "";
        return new RenderedRequest
        {
            Method = Enum.Parse<V1.HttpMethod>(Method.Method, ignoreCase: true),
            Url = Url.OriginalString,
            Headers = { Headers.Select(header => new Header { Name = header.Key, Value = header.Value }) },
            Body = body,
            Curl = string.Join(
                ' ',
                [
                    "curl", "--request", Method.Method, Quote(Url.OriginalString),
                    .. Headers.Select(header => $"--header {Quote(header.Value.Length == 0 ? $"{header.Key};" : $"{header.Key}: {header.Value}")}"),
                    .. body.Length == 0 ? Array.Empty<string>() : [$"--data-raw {Quote(body)}"],
                ]),
        };
    }

    /// <summary>Quotes for a POSIX shell, where no character inside single quotes has a special meaning.</summary>
    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static ImmutableArray<KeyValuePair<string, string>>.Builder RenderHeaders(
        RequestPlan plan, VariableValues variables, string idempotencyKey, EngineOptions options, Violations violations)
    {
        var headers = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>(plan.Headers.Length + 4);
        foreach (var (name, template) in plan.Headers.Where(header => IsSent(header, variables)))
        {
            variables.RefuseNested(template.Names, "a header", violations);
            var value = template.Render(variables, options.MaxHeaderValueLength);
            if (!HeaderRules.IsAllowedValue(value))
                foreach (var variable in template.Names.Where(variable => !HeaderRules.IsAllowedValue(variables.Text(variable))))
                    violations.Add($"variables.{variable}", $"contains CR, LF or NUL, which the header '{name}' can't carry.");
            if (value.Length > options.MaxHeaderValueLength)
                violations.Add("variables", $"make the header '{name}' longer than {options.MaxHeaderValueLength} characters.");
            headers.Add(KeyValuePair.Create(name, value));
        }

        IdempotencyKey.Write(headers, idempotencyKey, violations);
        AddDefault(headers, "Accept", "application/json, */*;q=0.8");
        AddDefault(headers, "User-Agent", UserAgent.ToString());
        return headers;
    }

    /// <summary>Whether the header isn't left out: for want of a value, or of elements of a list.</summary>
    public static bool IsSent(NamedTemplate header, VariableValues variables) =>
        header.Value.OnlyPlaceholder is not { } only || variables.Elements(only).Any();

    private static void AddDefault(ImmutableArray<KeyValuePair<string, string>>.Builder headers, string name, string value)
    {
        if (!headers.Any(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)))
            headers.Add(KeyValuePair.Create(name, value));
    }
}
