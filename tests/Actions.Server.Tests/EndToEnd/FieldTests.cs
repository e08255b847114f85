using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests.EndToEnd;

/// <summary>What Initialize finds to select, and shows of the request.</summary>
public sealed class FieldTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Answer =
        """{"order": {"status": "open", "total": 12.5, "count": 3, "paid": true}, "items": [{"sku": "A"}, {"sku": "B"}]}""";

    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fields_HaveAPathATypeAValueAndAFreeName()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response(Answer));
        var draft = AnAction.Calling($"{upstream.Url}/");
        draft.Variables.Add(new Variable { Name = "order_status", DefaultValue = Value.ForString("") });

        var fields = (await InitializeAsync(new() { Draft = draft })).Sample.Fields;

        Line("$['order']['status']").ShouldBe((VariableType.String, Value.ForString("open"), "order_status_2"));
        Line("$['order']['total']").ShouldBe((VariableType.Number, Value.ForNumber(12.5), "order_total"));
        Line("$['order']['count']").ShouldBe((VariableType.Integer, Value.ForNumber(3), "order_count"));
        Line("$['order']['paid']").ShouldBe((VariableType.Boolean, Value.ForBool(true), "order_paid"));
        Line("$['items'][0]['sku']").Value.ShouldBe(Value.ForString("A"));
        Line("$['items'][*]['sku']").Value.ShouldBe(Value.ForList(Value.ForString("A"), Value.ForString("B")));
        fields.Select(field => field.SuggestedVariable).ShouldBeUnique();

        (VariableType Type, Value Value, string Name) Line(string path)
        {
            var field = fields.Where(field => field.JsonPath == path).ShouldHaveSingleItem();
            return (field.Type, field.Value, field.SuggestedVariable);
        }
    }

    [Fact]
    public async Task EveryField_CanBeSelectedAsItIsSuggested()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response(Answer));
        var action = AnAction.Calling($"{upstream.Url}/");
        action.ResponsePolicy = new() { KeepBodies = true };
        action = await _server.CreateAsync(action);
        var fields = (await InitializeAsync(new() { Id = action.Id })).Sample.Fields;
        var change = new ActionConfig { Id = action.Id };
        change.Results.Add(fields.Select(field => new ResultField
        {
            Variable = field.SuggestedVariable,
            JsonPath = field.JsonPath,
            Required = true,
        }));

        (await _server.UpdateAsync(change)).Sample.Fields.ShouldBe(fields);
        var result = (await _server.ExecuteAsync(new() { Id = action.Id }))[^1].Result.ShouldNotBeNull();

        result.Warnings.ShouldBeEmpty();
        foreach (var field in fields)
            result.Variables[field.SuggestedVariable].ShouldBe(field.Value);
    }

    [Fact]
    public async Task Curl_RepeatsTheRequest()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var draft = AnAction.Calling($"{upstream.Url}/search");
        draft.Request.Method = V1.HttpMethod.Post;
        draft.Request.Headers.Add(new Header { Name = "X-Shop", Value = "Zoë's" });
        draft.Request.JsonBody = """{"name": "{name}"}""";

        var shown = (await InitializeAsync(new() { Draft = draft, Variables = { ["name"] = Value.ForString("it's $HOME `id`") } })).Request;

        shown.Curl.ShouldStartWith($"curl --request POST '{upstream.Url}/search' --compressed --header ");
        shown.Curl.ShouldContain("""--header 'X-Shop: Zoë'\''s'""");
        shown.Curl.ShouldEndWith("""--data-raw '{"name":"it'\''s $HOME `id`"}'""");
        var sent = await upstream.NextRequestAsync(Token);
        (sent.Text, sent.Header("X-Shop")).ShouldBe((shown.Body, "Zoë's"));
    }

    private async Task<InitializeResponse> InitializeAsync(InitializeRequest request) =>
        await _server.Configs.InitializeAsync(request, cancellationToken: Token);
}
