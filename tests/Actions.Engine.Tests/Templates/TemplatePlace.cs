using System.Text.Json;
using Actions.Engine.Executions;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Templates;

/// <summary>A place for a template, and what becomes of one there.</summary>
internal sealed record TemplatePlace(
    string Name, Action<ActionConfig, string> Put, Func<Start, RenderedRequest, string> Sent)
{
    private const string Host = "https://api.example.com";

    public static IReadOnlyList<TemplatePlace> All { get; } =
    [
        new(
            "path",
            (config, text) => config.Request.Url = $"{Host}/{text}",
            (_, sent) => Uri.UnescapeDataString(sent.Url[(Host.Length + 1)..])),
        new(
            "url query",
            (config, text) => config.Request.Url = $"{Host}/?q={text}",
            (_, sent) => Uri.UnescapeDataString(sent.Url[(Host.Length + 4)..])),
        new(
            "parameter",
            (config, text) => config.Request.QueryParameters.Add(new QueryParameter { Name = "q", Value = text }),
            (_, sent) => Uri.UnescapeDataString(sent.Url[(Host.Length + 4)..])),
        new(
            "header",
            (config, text) => config.Request.Headers.Add(new Header { Name = "X-Text", Value = text }),
            (_, sent) => sent.Headers.Single(header => header.Name == "X-Text").Value),
        new(
            "form",
            (config, text) =>
                config.Request.FormBody = new() { Fields = { new QueryParameter { Name = "q", Value = text } } },
            (_, sent) => Uri.UnescapeDataString(sent.Body[2..].Replace('+', ' '))),
        new(
            "json",
            (config, text) => config.Request.JsonBody = text,
            (_, sent) => JsonSerializer.Deserialize<string>(sent.Body)!),
        new("message", (config, text) => config.Messages = new() { StartMessage = text }, (start, _) => start.Message),
        Text("text/plain"),
        Text("text/xml"),
        Text("text/html"),
        Text("application/json"),
        Text("application/x-www-form-urlencoded"),
    ];

    public static TemplatePlace Of(string name) => All.Single(place => place.Name == name);

    /// <summary>The source of the text at this place: a JSON body has it as a JSON string.</summary>
    public string Source(string text) => Name == "json" ? JsonSerializer.Serialize(text, Relaxed) : text;

    public ActionConfig With(string source, params IEnumerable<string> declared)
    {
        var config = Configs.With(HttpMethod.Post, $"{Host}/");
        Put(config, source);
        config.Variables.Add(declared.Select(name => new Variable { Name = name, Type = VariableType.Json }));
        return config;
    }

    /// <returns>What is sent or spoken, decoded by the place's own rules.</returns>
    public async Task<string> RenderAsync(
        EngineUnderTest engine, ActionConfig config, IReadOnlyDictionary<string, Value> variables)
    {
        var input = new ExecutionInput("tests", variables, "", BodyView.Unspecified, DryRun: true);
        var events = await engine.Engine.ExecuteAsync(engine.Compile(config), input, engine.Token)
            .ToListAsync(engine.Token);
        return Sent(events[0].Start, events[^1].Result.RenderedRequest);
    }

    public override string ToString() => Name;

    private static JsonSerializerOptions Relaxed { get; } =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static TemplatePlace Text(string contentType) => new(
        contentType,
        (config, text) => config.Request.TextBody = new TextBody { Text = text, ContentType = contentType },
        (_, sent) => sent.Body);
}
