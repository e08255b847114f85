using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Extraction;

/// <summary>An answer that doesn't look as the sample did.</summary>
public sealed class DriftTests : IDisposable
{
    private const string Secret = "hunter2";

    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData("1", "2", null)]
    [InlineData("1", "1.5", null)]
    [InlineData("true", "false", null)]
    [InlineData("\"a\"", "\"b\"", null)]
    [InlineData("{\"b\": 1}", "{}", null)]
    [InlineData("[1]", "[\"x\", \"y\"]", null)]
    [InlineData("1", "null", null)]
    [InlineData("null", "1", null)]
    [InlineData("1", "\"1\"", "$.a was a number in the sample and is a string now.")]
    [InlineData("\"1\"", "1", "$.a was a string in the sample and is a number now.")]
    [InlineData("true", "\"true\"", "$.a was a boolean in the sample and is a string now.")]
    [InlineData("{}", "[]", "$.a was an object in the sample and is an array now.")]
    [InlineData("[]", "{}", "$.a was an array in the sample and is an object now.")]
    [InlineData("0", "false", "$.a was a number in the sample and is a boolean now.")]
    public async Task Type_ChangedOrNot(string then, string now, string? detail)
    {
        var result = await ExecuteAsync($"{{\"a\": {then}}}", $"{{\"a\": {now}}}", "$.a");

        if (detail is null)
            result.Warnings.ShouldBeEmpty();
        else
            result.Warnings.ShouldHaveSingleItem().ShouldBe(new Warning { Kind = WarningKind.TypeChanged, Variable = "it", Detail = detail });
    }

    [Theory]
    [InlineData("{\"a\": 1}", "{}", "$.a", true)]
    [InlineData("{\"a\": 1}", "[]", "$.a", true)]
    [InlineData("{\"a\": null}", "{}", "$.a", true)]
    [InlineData("{\"a\": [1]}", "{\"a\": []}", "$.a[*]", true)]
    [InlineData("{\"a\": []}", "{\"a\": []}", "$.a[*]", false)]
    [InlineData("{}", "{}", "$.a", false)]
    [InlineData("{}", "{\"a\": 1}", "$.a", false)]
    [InlineData("{\"a\": 1}", "", "$.a", true)]
    public async Task Field_MissingOrNot(string then, string now, string path, bool missing)
    {
        var result = await ExecuteAsync(then, now, path);

        if (missing)
            result.Warnings.ShouldHaveSingleItem().ShouldBe(new Warning
            {
                Kind = WarningKind.FieldMissing, Variable = "it", Detail = $"The sample had {path}; this response doesn't.",
            });
        else
            result.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task ArrayOfResults_FirstElementTells()
    {
        var result = await ExecuteAsync("""{"a": [{"b": 1}, {"b": "x"}]}""", """{"a": [{"b": "x"}, {"b": 1}]}""", "$.a[*].b");

        result.Warnings.ShouldHaveSingleItem().Kind.ShouldBe(WarningKind.TypeChanged);
    }

    [Fact]
    public async Task Warnings_NeverHoldValues()
    {
        var result = await ExecuteAsync($"{{\"a\": \"{Secret}\"}}", $"{{\"a\": [\"{Secret}\"]}}", "$.a");

        result.Warnings.ShouldHaveSingleItem().ToString().ShouldNotContain(Secret);
    }

    [Fact]
    public async Task SeveralFields_OneWarningForEachThatChanged()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("""{"a": "1", "c": 3}"""));
        var config = WithSample(Configs.Get(api.Url).Selecting("a", "$.a").Selecting("b", "$.b").Selecting("c", "$.c"), """{"a": 1, "b": 2, "c": 3}""")
            .WithSource("status", "status").WithSource("header", "header:X-Gone");

        (await _engine.ResultAsync(config)).Warnings.Select(warning => (warning.Variable, warning.Kind)).ShouldBe(
            [("a", WarningKind.TypeChanged), ("b", WarningKind.FieldMissing)]);
    }

    [Fact]
    public async Task DefaultTookItsPlace_StillWarned()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));
        var config = WithSample(Configs.Get(api.Url).Selecting("it", "$.a", required: true, otherwise: Value.ForNumber(7)), """{"a": 1}""");

        var result = await _engine.ResultAsync(config);

        result.Variables["it"].NumberValue.ShouldBe(7);
        result.Warnings.ShouldHaveSingleItem().Kind.ShouldBe(WarningKind.FieldMissing);
    }

    [Theory]
    [InlineData("not JSON at all", 200, false)]
    [InlineData("{\"a\": 1}", 404, false)]
    [InlineData("{\"a\": 1}", 200, true)]
    [InlineData("{\"a\": \"\\ud800\", \"\\ud800\": 1}", 200, false)]
    public async Task SampleThatTellsNothing_NoWarnings(string body, int status, bool truncated)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));
        var config = WithSample(Configs.Get(api.Url).Selecting("it", "$.b"), body);
        (config.Sample.StatusCode, config.Sample.BodyTruncated) = (status, truncated);

        (await _engine.ResultAsync(config)).Warnings.ShouldBeEmpty();
    }

    private async Task<Result> ExecuteAsync(string then, string now, string path)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response(now));
        return await _engine.ResultAsync(WithSample(Configs.Get(api.Url).Selecting("it", path), then));
    }

    private static ActionConfig WithSample(ActionConfig config, string body)
    {
        config.Sample = new Sample { StatusCode = 200, ContentType = "application/json", Body = ByteString.CopyFromUtf8(body) };
        return config;
    }
}
