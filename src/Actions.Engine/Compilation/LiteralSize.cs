using System.Collections.Immutable;
using Actions.Engine.Limits;
using Actions.Engine.Request;
using Actions.Engine.Templates;
using Actions.Engine.Variables;

namespace Actions.Engine.Compilation;

/// <summary>
/// Refuses a request that is too large even if all its variables are empty. Templates are limited in characters, the
/// rendered request in bytes and with its encoding: what no execution could send must not be stored.
/// </summary>
internal static class LiteralSize
{
    public static void Check(RequestPlan plan, EngineOptions options, Violations violations)
    {
        var empty = VariableValues.Empty(plan.Names);
        var longest = options.MaxRenderedUrlLength;
        if (UrlLength([]) > longest)
            violations.Add("request.url", Words(longest, "characters when it is encoded"));
        else if (UrlLength(plan.QueryParameters) > longest)
            violations.Add(
                "request.query_parameters",
                $"make the URL longer than {longest} characters when it is encoded, even with empty variables.");

        var body = plan.Body?.Render(empty, options.MaxRenderedBodyBytes, new Violations());
        if (body?.Length > options.MaxRenderedBodyBytes)
            violations.Add(FieldOf(plan.Body!), Words(options.MaxRenderedBodyBytes, "bytes when it is encoded"));

        int UrlLength(ImmutableArray<PairTemplate> query) =>
            plan.Url.Render(empty, query, longest, new Violations()).OriginalString.Length;
    }

    private static string Words(int limit, string unit) => $"has more than {limit} {unit}, even with empty variables.";

    private static string FieldOf(BodyPlan body) => body switch
    {
        JsonBodyPlan => "request.json_body",
        FormBodyPlan => "request.form_body.fields",
        _ => "request.text_body.text",
    };
}
