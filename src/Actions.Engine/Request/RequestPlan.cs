using System.Collections.Immutable;
using Actions.Engine.Templates;

namespace Actions.Engine.Request;

/// <summary>How the request is made.</summary>
/// <param name="Timeout">From the beginning of an execution to the last byte read.</param>
/// <param name="Method">One of the contract's five.</param>
/// <param name="Url">Where.</param>
/// <param name="QueryParameters">Appended to the URL's own query.</param>
/// <param name="Headers">Hand-written ones.</param>
/// <param name="Body">Null: none.</param>
internal sealed record RequestPlan(
    TimeSpan Timeout,
    System.Net.Http.HttpMethod Method,
    UrlTemplate Url,
    ImmutableArray<NamedTemplate> QueryParameters,
    ImmutableArray<NamedTemplate> Headers,
    BodyPlan? Body)
{
    public bool HasIdempotencyKeyHeader { get; } = Headers.Any(header => IdempotencyKey.IsHeader(header.Name));

    public IEnumerable<string> Names => Url.Names
        .Concat(QueryParameters.SelectMany(parameter => parameter.Value.Names))
        .Concat(Headers.SelectMany(header => header.Value.Names))
        .Concat(Body?.Names ?? []);
}
