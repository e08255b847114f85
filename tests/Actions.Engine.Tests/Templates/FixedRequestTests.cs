using System.Text.Json.Nodes;
using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.V1;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Templates;

/// <summary>What no variable changes is rendered once: it is the same as what is rendered for each call.</summary>
public sealed class FixedRequestTests : IDisposable
{
    private const int Runs = 300;

    // So that every encoding leaves them as they are.
    private static readonly string[] Words = ["x", "Ab9", "0", "a-b_c"];

    private static readonly string[] HeaderNames =
        ["X-A", "x-b", "accept", "Accept-Encoding", "USER-AGENT", "Content-Type", "idempotency-key"];

    private static Gen<ActionConfig> Configurations { get; } =
        from method in Gen.Elements(HttpMethod.Get, HttpMethod.Post, HttpMethod.Delete)
        from path in Gen.Elements(Words).ArrayOf()
        from query in Gen.Elements("", "?", "?q=1", "?x&", "?a=b&")
        from parameters in Gen.Elements(Words).ArrayOf()
        from headers in Gen.Elements(HeaderNames).ArrayOf()
        from body in Gen.Elements("", "form", "text", "json")
        from json in Documents(3)
        select Config(method, path, query, parameters, headers.Distinct(StringComparer.OrdinalIgnoreCase), body, json);

    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void LiteralOrVariable_SameRequest()
    {
        var refused = 0;
        Check.One(Seeded.Runs(Runs), Prop.ForAll(
            Configurations.ToArbitrary(),
            Gen.Elements("", "key-1").ToArbitrary(),
            (config, key) =>
            {
                var (varied, values) = WithVariables(config);
                try
                {
                    Rendered(config, [], key).ShouldBe(Rendered(varied, values, key), config.ToString());
                }
                catch (InvalidFieldsException)
                {
                    // A second content type, with or without variables.
                    Should.Throw<InvalidFieldsException>(() => Rendered(varied, values, key));
                    refused++;
                }
            }));
        refused.ShouldBeLessThan(Runs / 2);
    }

    private RenderedRequest Rendered(ActionConfig config, Dictionary<string, Value> values, string key)
    {
        var input = new ExecutionInput("tests", values, key, DryRun: true);
        return _engine.Engine.ExecuteAsync(_engine.Compile(config), input, _engine.Token)
            .ToBlockingEnumerable().Last().Result.RenderedRequest;
    }

    private static Gen<JsonNode?> Documents(int depth) => depth == 0
        ? Gen.OneOf(
            Gen.Elements(Words).Select(word => (JsonNode?)JsonValue.Create(word)),
            Gen.Elements(0, -1.5, 1e21).Select(number => (JsonNode?)JsonValue.Create(number)),
            Gen.Constant<JsonNode?>(null))
        : Gen.OneOf(
            Documents(0),
            Documents(depth - 1).ArrayOf().Select(items => (JsonNode?)new JsonArray([.. items.Take(3)])),
            Documents(depth - 1).ArrayOf().Select(items => (JsonNode?)new JsonObject(
                items.Take(3).Select((item, i) => KeyValuePair.Create($"k{i}", item)))));

    private static ActionConfig Config(
        HttpMethod method,
        string[] path,
        string query,
        string[] parameters,
        IEnumerable<string> headers,
        string body,
        JsonNode? json)
    {
        var config = Configs.With(method, $"http://127.0.0.1/{string.Join('/', path)}{query}");
        config.Request.QueryParameters.Add(parameters.Select(word => new QueryParameter { Name = "p", Value = word }));
        config.Request.Headers.Add(headers.Select((name, i) => new Header { Name = name, Value = Words[i % Words.Length] }));
        switch (body)
        {
            case "form":
                config.Request.FormBody = new FormBody
                {
                    Fields = { parameters.Select(word => new QueryParameter { Name = word, Value = word }) },
                };
                break;
            case "text":
                config.Request.TextBody = new TextBody { Text = string.Join(' ', path), ContentType = "text/plain" };
                break;
            case "json":
                config.Request.JsonBody = json?.ToJsonString() ?? "null";
                break;
        }

        return config;
    }

    /// <summary>The same action, with a variable for each text that may hold one.</summary>
    private static (ActionConfig Config, Dictionary<string, Value> Values) WithVariables(ActionConfig config)
    {
        var values = new Dictionary<string, Value>();
        string Name(string text)
        {
            var name = $"v{values.Count}";
            values[name] = Value.ForString(text);
            return $"{{{name}}}";
        }

        var varied = config.Clone();
        var url = new Uri(config.Request.Url);
        varied.Request.Url = url.GetLeftPart(UriPartial.Authority)
            + string.Join('/', url.AbsolutePath.Split('/').Select(word => word.Length == 0 ? "" : Name(word)))
            + config.Request.Url[url.GetLeftPart(UriPartial.Path).Length..];
        foreach (var parameter in varied.Request.QueryParameters.Concat(varied.Request.FormBody?.Fields ?? []))
            parameter.Value = Name(parameter.Value);
        foreach (var header in varied.Request.Headers)
            header.Value = Name(header.Value);
        if (varied.Request.TextBody is { Text.Length: > 0 } text)
            text.Text = Name(text.Text);
        if (varied.Request.BodyCase == HttpRequest.BodyOneofCase.JsonBody)
            varied.Request.JsonBody = Replaced(JsonNode.Parse(varied.Request.JsonBody), Name)?.ToJsonString() ?? "null";
        return (varied, values);
    }

    // Every second text, so that there are parts with and without a variable side by side.
    private static JsonNode? Replaced(JsonNode? node, Func<string, string> name)
    {
        var count = 0;
        JsonNode? Replace(JsonNode? part) => part switch
        {
            JsonArray items => new JsonArray([.. items.Select(Replace)]),
            JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, Replace(member.Value)))),
            JsonValue value when value.TryGetValue<string>(out var text) && count++ % 2 == 0 => JsonValue.Create(name(text)),
            _ => part?.DeepClone(),
        };

        return Replace(node);
    }
}
