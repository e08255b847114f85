using System.Collections.Immutable;
using Actions.Engine.Limits;
using Actions.Engine.Templates;
using Actions.Engine.Variables;

namespace Actions.Engine.Request;

/// <summary>The templates and settings of a request.</summary>
/// <param name="Timeout">From the start of an execution to the last byte read.</param>
/// <param name="Method">One of the contract's five methods.</param>
/// <param name="QueryParameters">Appended to the URL's own query.</param>
/// <param name="Headers">The headers of the action.</param>
/// <param name="Body">Null: no body.</param>
internal sealed record RequestPlan(
    TimeSpan Timeout,
    System.Net.Http.HttpMethod Method,
    UrlTemplate Url,
    ImmutableArray<PairTemplate> QueryParameters,
    ImmutableArray<NamedTemplate> Headers,
    BodyPlan? Body)
{
    // What no variable changes is made once. A Uri also keeps what it has found out about itself.
    private readonly Uri? _fixedUrl = Url.Names.Any() || QueryParameters.Any(parameter => !parameter.Names.IsEmpty)
        ? null
        : Url.Render(VariableValues.None, QueryParameters, int.MaxValue, new Violations());

    private readonly ReadOnlyMemory<byte>? _fixedBody = Body is null || Body.Names.Any()
        ? null
        : Body.Render(VariableValues.None, int.MaxValue, new Violations());

    private readonly RequestHeaders _headers = new(Headers, Body?.ContentType);

    /// <summary>Host and port, as in <see cref="Uri.Authority"/>: no variable changes them.</summary>
    public string Authority { get; } = Url.Origin.Authority;

    /// <summary>Without its query, with the names of variables in place of their values.</summary>
    public string UrlWithoutValues => Url.WithoutValues;

    /// <summary>Scheme, host and port: no variable changes them.</summary>
    public Uri Origin => Url.Origin;

    public IEnumerable<string> Names => Url.Names
        .Concat(QueryParameters.SelectMany(parameter => parameter.Names))
        .Concat(Headers.SelectMany(header => header.Value.Names))
        .Concat(Body?.Names ?? []);

    /// <param name="limit">In characters. A longer URL is rejected by the code that renders.</param>
    public Uri RenderUrl(VariableValues variables, int limit, Violations violations) =>
        _fixedUrl ?? Url.Render(variables, QueryParameters, limit, violations);

    /// <param name="limit">In bytes. A larger body is rejected by the code that renders.</param>
    /// <returns>Null: there is none, or it is left out.</returns>
    public ReadOnlyMemory<byte>? RenderBody(VariableValues variables, int limit, Violations violations) =>
        _fixedBody ?? Body?.Render(variables, limit, violations);

    /// <param name="hasBody">The request has a body, and so a content type.</param>
    /// <param name="idempotencyKey">Sent as Idempotency-Key unless empty.</param>
    public ImmutableArray<KeyValuePair<string, string>> RenderHeaders(
        VariableValues variables, bool hasBody, string idempotencyKey, EngineOptions options, Violations violations) =>
        _headers.Render(variables, hasBody, idempotencyKey, options, violations);
}
