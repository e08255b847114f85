using System.Text;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Limits;
using Actions.Engine.Outcomes;
using Actions.Engine.Response;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests;

/// <summary>A little that refers to much, often: it is refused before it becomes very much.</summary>
public sealed class AmplificationTests : IDisposable
{
    // 1,000 times 250 KB: as text 250 MB, and many times that on the way.
    private const int Repetitions = 1_000;
    private const int ValueLength = 250_000;
    private const int FarLess = 128 << 20;

    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    public static TheoryData<string, Action<ActionConfig>> Places
    {
        get
        {
            var often = string.Concat(Enumerable.Repeat("{v}", Repetitions));
            return new()
            {
                { "URL", config => config.Request.Url = "http://h/" + string.Concat(Enumerable.Repeat("{v}/", Repetitions)) },
                { "URL", config => config.Request.Url = $"http://h/{often}" },
                { "URL", config => config.Request.Url = $"http://h/?{often}" },
                { "URL", config => config.Request.QueryParameters.Add(new QueryParameter { Name = "p", Value = often }) },
                { "URL", config => config.Request.QueryParameters.Add(
                    Enumerable.Repeat(new QueryParameter { Name = "p", Value = "{v}" }, 128)) },
                { "header 'X'", config => config.Request.Headers.Add(new Header { Name = "X", Value = often }) },
                { "body", config => config.Request.JsonBody = $"[\"{often}\"]" },
                { "body", config => config.Request.JsonBody = $"[{string.Join(',', Enumerable.Repeat("\"{v}\"", Repetitions))}]" },
                { "body", config => config.Request.JsonBody = $"{{{string.Join(',', Enumerable.Repeat("\"k\":\"{v}.\"", Repetitions))}}}" },
                { "body", config => config.Request.TextBody = new TextBody { Text = often, ContentType = "text/plain" } },
                { "body", config => config.Request.FormBody = new FormBody { Fields = { new QueryParameter { Name = "p", Value = often } } } },
                { "body", config => config.Request.FormBody =
                    new FormBody { Fields = { Enumerable.Repeat(new QueryParameter { Name = "p", Value = "{v}" }, 128) } } },
                { "start message", config => config.Messages = new Messages { StartMessage = often } },
                { "delay message", config => config.Messages = new Messages { DelayMessage = often } },
                { "failure message", config => config.Messages = new Messages { FailureMessage = often } },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void LargeValueReferredToOften_RefusedEarly(string place, Action<ActionConfig> refer)
    {
        var config = Configs.With(HttpMethod.Post, "http://h/");
        refer(config);
        var values = Configs.Values(("v", new string('\u00e4', ValueLength / 2)));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var refused = Should.Throw<InvalidFieldsException>(() => _engine.Execute(config, values));

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(FarLess);
        var violation = refused.Violations.ShouldHaveSingleItem();
        violation.Field.ShouldBe("variables");
        violation.Description.ShouldContain(place);
    }

    public static TheoryData<string, Action<ActionConfig>> ListPlaces
    {
        get
        {
            var pairs = string.Join('&', Enumerable.Repeat("v={v}", Repetitions));
            var spoken = string.Concat(Enumerable.Repeat("{v}", Repetitions));
            var data = new TheoryData<string, Action<ActionConfig>>
            {
                { "URL", config => config.Request.Url = $"http://h/?{pairs}" },
                { "header 'X'", config => config.Request.Headers.Add(new Header { Name = "X", Value = "{v}" }) },
                { "start message", config => config.Messages = new Messages { StartMessage = spoken } },
            };
            foreach (var style in System.Enum.GetValues<ListStyle>())
            {
                var parameter = new QueryParameter { Name = new string('n', 1_000), Value = "{v}", ListStyle = style };
                var parameters = Enumerable.Repeat(parameter, 128);
                data.Add("URL", config => config.Request.QueryParameters.Add(parameters));
                data.Add("body", config => config.Request.FormBody = new FormBody { Fields = { parameters } });
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(ListPlaces))]
    public void LongListReferredToOften_RefusedEarly(string place, Action<ActionConfig> refer)
    {
        var config = Configs.With(HttpMethod.Post, "http://h/");
        refer(config);
        var longOne = Value.ForString(new string('x', 9_000));
        var elements = Enumerable.Repeat(Value.ForString(""), ValueLength / 5);
        var list = new Dictionary<string, Value> { ["v"] = Value.ForList([.. elements, longOne]) };
        var before = GC.GetAllocatedBytesForCurrentThread();

        var refused = Should.Throw<InvalidFieldsException>(() => _engine.Execute(config, list));

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(FarLess);
        var violation = refused.Violations.ShouldHaveSingleItem();
        violation.Field.ShouldBe("variables");
        violation.Description.ShouldContain(place);
    }

    [Fact]
    public void LargeResponseSelectedOften_RefusedEarly()
    {
        var body = Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat("0", 100_000))}]");
        var fields = Enumerable.Range(0, 128).Select(i =>
            new ResultFieldPlan(
                $"v{i}", new JsonSource("$", JsonPath.Parse("$"), null), null, Required: true, KeepNull: false,
                Sensitive: false, null));
        var before = GC.GetAllocatedBytesForCurrentThread();

        using var read = new UpstreamResponse(new HttpResponseMessage(), body, maxDepth: 512, new WorkBudget());
        var variables = new Dictionary<string, Value>();
        Should.Throw<UpstreamException>(() => new ResultPlan([.. fields]).Extract(read, strict: true, variables))
            .Failure.Reason.ShouldBe(FailureReason.ResponseTooLarge);

        // One takes some 10 MB, and four are as much as fits into an event.
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(128 << 20);
    }

    [Fact]
    public async Task LargeResponseSelectedOften_ResponseTooLarge()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response($"[{string.Join(',', Enumerable.Repeat("0", 100_000))}]"));
        var config = Configs.Get(upstream.Url);
        for (var i = 0; i < 128; i++)
            config.Selecting($"v{i}", "$");

        var failure = await _engine.FailureAsync(config);

        failure.Reason.ShouldBe(FailureReason.ResponseTooLarge);
        failure.Detail.ShouldBe("The selected fields are too large for one message.");
        failure.StatusCode.ShouldBe(200);
    }

    private static readonly string Alike = new('a', 20);

    public static TheoryData<string, Func<int, string>, int, string> Sensitive => new()
    {
        { "begin alike", i => new string('a', i + 4), 200, new string('a', 250_000) },
        { "begin alike too", i => Alike + (i + 4), 5_000, Repeat(10_000, _ => Alike + "4711") },
        { "differ", i => $"{i:x4}-secret", 5_000, Repeat(20_000, i => $"{i:x4}-secret ") },
        { "one", _ => new string('a', 200_000), 1, new string('a', 250_000) },
        { "end otherwise", i => new string('a', 20_000) + i, 10, new string('a', 250_000) },
        { "other text", i => $"{i:x4}-secret", 200, Repeat(12_000, _ => "%5c%22&amp;\\\\+Zm9v") },
    };

    /// <summary>A mask takes what the text and the secrets take, not their product.</summary>
    [Theory]
    [MemberData(nameof(Sensitive))]
    public void ManySensitiveValuesAndALargeBody_DryRunOfItsOwnSize(
        string what, Func<int, string> value, int count, string body)
    {
        var config = Configs.With(HttpMethod.Post, "http://h/");
        config.Request.TextBody = new TextBody { Text = "{body}", ContentType = "text/plain" };
        config.Variables.Add(new Variable { Name = "secrets", Type = VariableType.Json, Sensitive = true });
        var plan = _engine.Compile(config);
        var values = Enumerable.Range(0, count).Select(i => Value.ForString(value(i)));
        var variables = new Dictionary<string, Value>
        {
            ["secrets"] = Value.ForList([.. values]),
            ["body"] = Value.ForString(body),
        };
        var input = new Executions.ExecutionInput("tests", variables, DryRun: true);
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        var (allocated, cpu) = (GC.GetAllocatedBytesForCurrentThread(), process.TotalProcessorTime);

        var last = _engine.Engine.ExecuteAsync(plan, input, _engine.Token)
            .ToBlockingEnumerable(TestContext.Current.CancellationToken).Last();

        (GC.GetAllocatedBytesForCurrentThread() - allocated).ShouldBeLessThan(FarLess, what);
        process.Refresh();
        // Other tests run meanwhile; the product took minutes.
        (process.TotalProcessorTime - cpu).ShouldBeLessThan(TimeSpan.FromSeconds(20), what);
        last.Result.RenderedRequest.Body.Contains(value(0), StringComparison.Ordinal).ShouldBeFalse(what);
    }

    [Fact]
    public async Task ManyFieldsOnALargeSample_NothingBeforeStartAndABoundAfter()
    {
        // A list of thousands, and a name whose escapes take long to read.
        var shape = $$"""{"o":{"{{Repeat(6_000, _ => "\\u0061")}}":1},"l":[{{Repeat(14_000, _ => "0,")}}0]}""";
        await using var api = RawUpstream.Answering(RawUpstream.Response("""{"o":{"a":1},"l":[1]}"""));
        var config = Configs.Get(api.Url);
        config.Sample = new Sample { StatusCode = 200, ContentType = "application/json", Shape = shape };
        for (var i = 0; i < 128; i++)
            config.Selecting($"v{i}", $"$.l[?$.o.a || @.b == {i} || search(@.c, 'x')]");
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;

        var plan = _engine.Compile(config);

        process.Refresh();
        var atSave = process.TotalProcessorTime - cpu;
        atSave.ShouldBeLessThan(TimeSpan.FromSeconds(5));
        await _engine.Engine.ExecuteAsync(plan, new("tests", new Dictionary<string, Value>()), _engine.Token)
            .LastAsync(_engine.Token);

        process.Refresh();
        var inAll = process.TotalProcessorTime - cpu;
        Tell($"CPU: {atSave.TotalMilliseconds:0} ms at save, {inAll.TotalMilliseconds:0} ms with an execution.");
        inAll.ShouldBeLessThan(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void LargeAction_CompiledSizeIsCounted()
    {
        var small = _engine.Compile(Configs.Get("http://h/"));
        var config = Configs.With(HttpMethod.Post, "http://h/");
        config.Request.JsonBody = $"[{string.Join(',', Enumerable.Range(0, 60_000).Select(i => $"\"{i}\""))}]";

        var large = _engine.Compile(config);

        Tell($"{small.Bytes} bytes, and {large.Bytes} bytes for {config.CalculateSize()}.");
        small.Bytes.ShouldBeLessThan(64 << 10);
        large.Bytes.ShouldBeGreaterThan(config.CalculateSize());
    }

    [Fact]
    public void ManyThingsWrong_NamedUpToALimit()
    {
        var config = Configs.Get("http://h/");
        config.Request.Headers.Add(Enumerable.Repeat(new Header(), 20_000));

        var refused = Should.Throw<InvalidFieldsException>(() => _engine.Compile(config));

        refused.Violations.Length.ShouldBe(1_000);
    }

    [Fact]
    public async Task MessagesAsLongAsTheyMayBe_Told()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("", status: "500 Oops"));
        var limit = new EngineOptions().MaxRenderedMessageLength;
        var config = Configs.Get(upstream.Url);
        config.Messages = new Messages { FailureMessage = "{v}" };

        (await _engine.FailureAsync(config, Configs.Values(("v", new string('x', limit))))).Message.Length.ShouldBe(limit);
        Should.Throw<InvalidFieldsException>(() => _engine.Execute(config, Configs.Values(("v", new string('x', limit + 1)))))
            .Violations.ShouldHaveSingleItem()
            .ShouldBe(new FieldViolation("variables", $"make the failure message longer than {limit} characters."));
    }

    [Fact]
    public async Task SpokenNaturally_TextsThatNobodyHearsDoNotCount()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var config = Configs.Get(upstream.Url);
        config.Messages = new Messages { SpeakNaturally = true, StartMessage = "{v}" };

        await _engine.ResultAsync(config, Configs.Values(("v", new string('x', ValueLength))));
    }

    private static void Tell(string what) => TestContext.Current.TestOutputHelper!.WriteLine(what);

    private static string Repeat(int count, Func<int, string> text) =>
        string.Concat(Enumerable.Range(0, count).Select(text));
}
