using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests.Apis;

/// <summary>The tables of docs/apis.md on calls: where a value comes from, and which arguments are the same.</summary>
public sealed class ConversationTableTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Guide = "docs/apis.md";
    private const string Nothing = "–";

    private static int _calls;

    private readonly RunningServer _server = fixture.Server;

    public static TheoryData<string, string, string, string, string> Values =>
        [.. DocTable.Read(Guide, "Values that a call remembers").Select(
            row => (row["type"], row["request"], row["the call remembers"], row["default"], row["the API gets"]))];

    public static TheoryData<string, string, string, int> SameArguments =>
        [.. DocTable.Read(Guide, "Arguments of the same execution").Select(
            row => (row["declared"], row["first"], row["second"], row["calls"] == "1" ? 1 : 2))];

    public static TheoryData<string, string> Masked =>
        [.. DocTable.Read(Guide, "Results that are masked").Select(
            row => (row["the API answers"], row["the sample shows"]))];

    [Theory]
    [MemberData(nameof(Values))]
    public async Task Value_ComesFromWhereTheTableSays(
        string type, string request, string remembered, string otherwise, string gets)
    {
        var kept = Read(remembered);
        await using var api = RawUpstream.Answering(RawUpstream.Response($$"""{"v":{{kept?.ToString() ?? "null"}}}"""));
        var find = AnAction.Calling($"{api.Url}/find");
        find.Results.Add(new ResultField { Variable = "v", JsonPath = "$.v" });
        var use = AnAction.Calling($"{api.Url}/use?v={{v}}");
        use.Variables.Add(new Variable { Name = "v", Type = TypeOf(type), DefaultValue = Read(otherwise) });
        (find, use) = (await _server.CreateAsync(find), await _server.CreateAsync(use));
        var callId = NextCall();
        await _server.ExecuteAsync(new() { Id = find.Id, CallId = callId });

        var execute = new ExecuteRequest { Id = use.Id, CallId = callId };
        if (Read(request) is { } value)
            execute.Variables.Add("v", value);
        if (gets.StartsWith('?'))
        {
            (await _server.ExecuteAsync(execute))[^1].Result.ShouldNotBeNull();
            api.Requests.Last().Target.ShouldBe($"/use{gets}");
            return;
        }

        var violation = (await Refusal.OfAsync(_server.ExecuteAsync(execute))).Violations.ShouldHaveSingleItem();
        violation.Field.ShouldBe("variables.v");
        violation.Description.ShouldContain(kept is null ? "has no value" : "The call remembers this value");
        api.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(SameArguments))]
    public async Task Arguments_SameIfTheTableSaysSo(string declared, string first, string second, int calls)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = AnAction.Calling(api.Url);
        action.Request.Method = V1.HttpMethod.Post;
        if (declared != Nothing)
        {
            var words = declared.Split(' ');
            action.Variables.Add(new Variable
            {
                Name = "v",
                Type = TypeOf(words[2]),
                DefaultValue = words.Length > 3 ? Read(words[^1].Trim('`')) : null,
            });
        }

        action = await _server.CreateAsync(action);
        var callId = NextCall();

        await ExecuteAsync(first);
        var result = await ExecuteAsync(second);

        api.Requests.Count.ShouldBe(calls);
        result.Replayed.ShouldBe(calls == 1);
        api.Requests.Select(request => request.Header("Idempotency-Key")).Distinct().Count().ShouldBe(calls);

        async Task<Result> ExecuteAsync(string variables)
        {
            var request = new ExecuteRequest { Id = action.Id, CallId = callId };
            foreach (var (name, value) in Struct.Parser.ParseJson(variables).Fields)
                request.Variables.Add(name, value);
            return (await _server.ExecuteAsync(request))[^1].Result.ShouldNotBeNull();
        }
    }

    [Theory]
    [MemberData(nameof(Masked))]
    public async Task SensitiveResult_ShownAsTheTableSays(string answer, string shown)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response(answer, "text/plain"));
        var action = AnAction.Calling(api.Url);
        action.Results.Add(new ResultField { Variable = "card", JsonPath = "$.card", Sensitive = true });
        action = await _server.CreateAsync(action);

        var response = await _server.Configs.InitializeAsync(
            new() { Id = action.Id }, cancellationToken: TestContext.Current.CancellationToken);

        response.Sample.Body.ToStringUtf8().ShouldBe(shown);
        response.Sample.ToString().ShouldNotContain("4111");
    }

    private static string NextCall() => $"table {Interlocked.Increment(ref _calls)}";

    private static VariableType TypeOf(string name) => System.Enum.Parse<VariableType>(name, ignoreCase: true);

    private static Value? Read(string cell) => cell == Nothing ? null : Value.Parser.ParseJson(cell);
}
