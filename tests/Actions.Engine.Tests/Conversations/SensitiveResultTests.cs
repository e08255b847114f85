using Actions.V1;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Conversations;

/// <summary>Values of sensitive results where people see a response.</summary>
public sealed class SensitiveResultTests : IDisposable
{
    private const string Card = "4111-2222-3333";

    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task Sample_HasItMaskedWhereverItIs()
    {
        var sample = await SampleAsync(
            $$"""{"card":"{{Card}}","text":"Paid with {{Card}}.","owner":{"name":"Ann Example"},"status":"paid"}""",
            ("card", "$.card"), ("owner", "$['owner']"));

        sample.Body.ToStringUtf8().ShouldBe(
            """{"card":"MASKED","text":"Paid with MASKED.","owner":MASKED,"status":"paid"}""");
        sample.Fields.Single(field => field.JsonPath == "$['card']").Value.StringValue.ShouldBe("MASKED");
        sample.Fields.Single(field => field.JsonPath == "$['status']").Value.StringValue.ShouldBe("paid");
        sample.ToString().ShouldNotContain(Card);
        sample.ToString().ShouldNotContain("Ann");
    }

    [Theory]
    // Too short to be masked.
    [InlineData("""{"card":"411","status":"paid"}""")]
    [InlineData("""{"card":true,"status":"paid"}""")]
    [InlineData("""{"card":{"pin":12},"status":"paid"}""")]
    // Not where it is looked for, and perhaps there nevertheless.
    [InlineData("""{"card":"4111-2222-3333","status":"paid" """)]
    [InlineData("""<card>4111-2222-3333</card>""")]
    public async Task ValueThatCannotBeMasked_LeavesNoBodyAndNoValues(string json)
    {
        var sample = await SampleAsync(json, ("card", "$.card"));

        sample.Body.Length.ShouldBe(0);
        sample.Fields.ShouldAllBe(field => field.Value == null);
        sample.StatusCode.ShouldBe(200);
    }

    [Theory]
    [InlineData("""{"status":"paid","card":null}""")]
    [InlineData("""{"status":"paid","card":""}""")]
    [InlineData("""{"status":"paid"}""")]
    public async Task NothingSensitiveInIt_ShownAsItIs(string json) =>
        (await SampleAsync(json, ("card", "$.card"))).Body.ToStringUtf8().ShouldBe(json);

    [Fact]
    public async Task XmlSample_HasItMasked()
    {
        await using var api = RawUpstream.Answering(
            RawUpstream.Response($"<order><card>{Card}</card><status>paid</status></order>", "application/xml"));
        var config = Configs.Get(api.Url);
        config.Results.Add(new ResultField { Variable = "card", Xpath = "/order/card", Sensitive = true });

        var sample = (await _engine.InitializeAsync(config)).Sample;

        sample.Body.ToStringUtf8().ShouldBe("<order><card>MASKED</card><status>paid</status></order>");
        sample.ToString().ShouldNotContain(Card);
    }

    [Fact]
    public async Task Result_HasTheValueItself()
    {
        await using var api = Answering($$"""{"card":"{{Card}}"}""");
        var config = Configs.Get(api.Url);
        config.Results.Add(new ResultField { Variable = "card", JsonPath = "$.card", Sensitive = true });

        (await _engine.ResultAsync(config)).Variables["card"].StringValue.ShouldBe(Card);

        _engine.Compile(config).SensitiveResults.ShouldBe(["card"]);
    }

    [Fact]
    public async Task BodyOfAFailure_HasItMasked()
    {
        await using var api = Answering($$"""{"card":"{{Card}}","why":"declined"}""", "402 Payment Required");
        var config = Configs.With(HttpMethod.Get, api.Url);
        config.Results.Add(new ResultField { Variable = "card", JsonPath = "$.card", Sensitive = true });
        config.ErrorFields.Add(new ResultField { Variable = "why", JsonPath = "$.why" });
        config.ErrorFields.Add(new ResultField { Variable = "with", JsonPath = "$.card", Sensitive = true });

        var failure = (await _engine.OutcomeAsync(config, bodyView: BodyView.Full)).Failure;

        failure.Body.ToStringUtf8().ShouldBe("""{"card":"MASKED","why":"declined"}""");
        failure.Variables["with"].StringValue.ShouldBe(Card);
        failure.Detail.ShouldNotContain(Card);
    }

    [Fact]
    public async Task BodyOfAFailureThatCannotBeMasked_NotThere()
    {
        await using var api = Answering("""{"card":"411"}""", "402 Payment Required");
        var config = Configs.Get(api.Url);
        config.Results.Add(new ResultField { Variable = "card", JsonPath = "$.card", Sensitive = true });

        var failure = (await _engine.OutcomeAsync(config, bodyView: BodyView.Full)).Failure;

        (failure.Body.Length, failure.BodyTruncated).ShouldBe((0, true));
    }

    [Fact]
    public async Task ResultNamedLikeASensitiveVariable_SensitiveAsWell()
    {
        await using var api = Answering($$"""{"card":"{{Card}}"}""");
        var config = Configs.Get($"{api.Url}?card={{card}}");
        config.Variables.Add(new Variable { Name = "card", Sensitive = true });
        config.Results.Add(new ResultField { Variable = "card", JsonPath = "$.card" });

        var sample = (await _engine.InitializeAsync(config, Configs.Values(("card", "another")))).Sample;

        sample.ToString().ShouldNotContain(Card);
    }

    private static RawUpstream Answering(string json, string status = "200 OK") =>
        RawUpstream.Answering(RawUpstream.Response(json, status: status));

    private async Task<Sample> SampleAsync(string json, params (string Variable, string Path)[] sensitive)
    {
        await using var api = Answering(json);
        var config = Configs.Get(api.Url);
        foreach (var (variable, path) in sensitive)
            config.Results.Add(new ResultField { Variable = variable, JsonPath = path, Sensitive = true });
        return (await _engine.InitializeAsync(config)).Sample.ShouldNotBeNull();
    }
}
