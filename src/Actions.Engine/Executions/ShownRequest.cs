using Actions.Engine.Http;
using Actions.Engine.Masking;
using Actions.Engine.Request;
using Actions.V1;

namespace Actions.Engine.Executions;

/// <summary>The request of an execution for people to see.</summary>
internal static class ShownRequest
{
    /// <summary>The one that was sent, with secrets and sensitive values masked.</summary>
    public static RenderedRequest Of(Execution execution)
    {
        // Secrets in templates are masked at their place first; then every other occurrence of each secret is masked.
        var variables = execution.Variables.MaskSensitive(SecretMask.Text);
        var request = UpstreamRequest.RenderMasked(execution.Plan.Request, variables, execution.Input.IdempotencyKey)
            .Mask(execution.MaskOfText([]))
            .InTrace(TraceparentOf(execution.Request));
        return (execution.Plan.Authentication is { } plan ? request.Authorize(plan.Place, plan.MaskedValue) : request)
            .ToRendered();
    }

    /// <summary>What was called, without any value that a call has brought.</summary>
    public static RenderedRequest WithoutContent(Execution execution)
    {
        var request = execution.Request;
        var names = request.Headers.Select(header => header.Key);
        if (execution.Plan.Authentication is { Place: { InQuery: false } place })
            names = names.Append(place.Name).Distinct(StringComparer.OrdinalIgnoreCase);
        return RenderedSize.Fit(new RenderedRequest
        {
            Method = Enum.Parse<V1.HttpMethod>(request.Method.Method, ignoreCase: true),
            Url = execution.MaskOfText([]).Mask(execution.Plan.Request.UrlWithoutValues),
            Headers = { names.Select(name => new Header { Name = name }) },
        });
    }

    private static string TraceparentOf(UpstreamRequest request) => request.Headers.FirstOrDefault(
        header => header.Key.Equals(OwnHeaders.Traceparent, StringComparison.OrdinalIgnoreCase)).Value ?? "";
}
