using Actions.Engine.Limits;
using Actions.V1;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests;

/// <summary>What no execution could send is refused when it is saved, whatever its limits are counted in.</summary>
public sealed class SavedSizeTests : IDisposable
{
    // Three bytes, and nine characters in a URL.
    private const char Wide = '訂';

    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    public static TheoryData<string, Action<HttpRequest>> TooLarge => new()
    {
        { "request.text_body.text", request => request.TextBody = Text(new string(Wide, 512 << 10)) },
        { "request.text_body.text", request => request.TextBody = Text(new string(Wide, 350_000) + "{name}") },
        { "request.json_body", request => request.JsonBody = $"\"{new string(Wide, 400_000)}\"" },
        { "request.json_body", request => request.JsonBody = $"{{\"{new string(Wide, 400_000)}\": \"{{name}}\"}}" },
        { "request.form_body.fields", request => request.FormBody = Form(new string(Wide, 1_000)) },
        { "request.form_body.fields", request => request.FormBody = Form(new string('%', 8_000)) },
        { "request.url", request => request.Url += new string(Wide, 2_000) },
        { "request.query_parameters", request => request.QueryParameters.Add(Parameters(3, new string('a', 7_000))) },
        { "request.query_parameters", request => request.QueryParameters.Add(Parameters(1, new string('&', 6_000))) },
        { "variables", request => request.JsonBody = Variables(129) },
    };

    [Theory]
    [MemberData(nameof(TooLarge))]
    public void MoreThanCanBeSent_RefusedAtSave(string field, Action<HttpRequest> enlarge)
    {
        var config = Configs.With(HttpMethod.Post, "http://h/");
        enlarge(config.Request);

        Should.Throw<InvalidFieldsException>(() => _engine.Compile(config))
            .Violations.ShouldHaveSingleItem().Field.ShouldBe($"action_config.{field}");
    }

    public static TheoryData<string, Action<HttpRequest>> Fitting => new()
    {
        { "wide text", request => request.TextBody = Text(new string(Wide, (1 << 20) / 3)) },
        { "narrow text", request => request.TextBody = Text(new string('a', 512 << 10)) },
        { "wide JSON", request => request.JsonBody = $"\"{new string(Wide, 349_524)}\"" },
        { "URL", request => request.Url += new string(Wide, 1_770) },
        { "form", request => request.FormBody = Form(new string('a', 8_000)) },
        { "variables", request => request.JsonBody = Variables(128) },
    };

    [Theory]
    [MemberData(nameof(Fitting))]
    public async Task AsMuchAsCanBeSent_Sent(string what, Action<HttpRequest> enlarge)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));
        var config = Configs.With(HttpMethod.Post, $"{api.Url}/");
        enlarge(config.Request);

        var values = Configs.Values([.. Enumerable.Range(0, 128).Select(i => ($"v{i}", "x"))]);
        (await _engine.ResultAsync(config, values)).StatusCode.ShouldBe(200, what);
    }

    private static TextBody Text(string text) => new() { Text = text, ContentType = "text/plain" };

    private static FormBody Form(string value) => new() { Fields = { Parameters(128, value) } };

    private static string Variables(int count) =>
        $"[{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"{{v{i}}}\""))}]";

    private static IEnumerable<QueryParameter> Parameters(int count, string value) =>
        Enumerable.Range(0, count).Select(i => new QueryParameter { Name = $"p{i}", Value = value });
}
