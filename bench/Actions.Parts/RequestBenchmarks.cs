using Actions.Engine;
using Actions.Engine.Request;
using Actions.Engine.Templates;
using Actions.Engine.Variables;
using BenchmarkDotNet.Attributes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Parts;

/// <summary>Steps 1 and 2: from the values of a call to the request.</summary>
[BenchmarkCategory("Request")]
public class RequestBenchmarks
{
    private readonly ActionPlan _plan = Parts.Plan("rich");
    private readonly ActionPlan _fixed = Parts.Plan("small");
    private readonly ActionPlan _url = Parts.Plan("rich", static action =>
    {
        action.Request.Method = HttpMethod.Get;
        action.Request.ClearBody();
        action.Request.Headers.Clear();
    });
    private readonly ActionPlan _body = Parts.Plan("rich", static action =>
    {
        action.Request.Url = Parts.Api.AbsoluteUri;
        action.Request.QueryParameters.Clear();
        action.Request.Headers.Clear();
    });
    private readonly Template _template = Template.Parse("Let me look up order {order}, {name}.");
    private VariableValues _values = null!;

    [GlobalSetup]
    public void Bind() => _values = _plan.Parts.Variables.Bind(Parts.Values);

    [Benchmark(Description = "bind three variables")]
    public object BindVariables() => _plan.Parts.Variables.Bind(Parts.Values);

    [Benchmark(Description = "render a template")]
    public object RenderTemplate() => _template.Render(_values, Parts.Options.MaxRenderedMessageLength);

    [Benchmark(Description = "render a request without variables")]
    public object RenderFixed() => Render(_fixed);

    [Benchmark(Description = "render one with a variable in path and query")]
    public object RenderUrl() => Render(_url);

    [Benchmark(Description = "render one with three in its JSON body")]
    public object RenderBody() => Render(_body);

    [Benchmark(Description = "render one with variables everywhere")]
    public object RenderRich() => Render(_plan);

    private UpstreamRequest Render(ActionPlan plan) =>
        UpstreamRequest.Render(plan.Parts.Request, _values, "", Parts.Options);
}
