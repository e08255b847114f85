using System.Collections.Immutable;
using Actions.Engine.Templates;

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
    public IEnumerable<string> Names => Url.Names
        .Concat(QueryParameters.SelectMany(parameter => parameter.Names))
        .Concat(Headers.SelectMany(header => header.Value.Names))
        .Concat(Body?.Names ?? []);
}
