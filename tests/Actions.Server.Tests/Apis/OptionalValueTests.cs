using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Enum = System.Enum;

namespace Actions.Server.Tests.Apis;

/// <summary>The tables of docs/apis.md on optional values, lists and path segments.</summary>
public sealed class OptionalValueTests(ServerFixture fixture) : IClassFixture<ServerFixture>, IAsyncDisposable
{
    private readonly RunningServer _server = fixture.Server;
    private readonly RawUpstream _upstream = RawUpstream.Answering(RawUpstream.Response("{}"));

    public ValueTask DisposeAsync() => _upstream.DisposeAsync();

    public static TheoryData<string, string, string, string> Places =>
        [.. DocTable.Read("docs/apis.md", "Optional values and lists")
            .Select(row => (row["place"], row["template"], row["argument"], row["sent"]))];

    [Theory]
    [MemberData(nameof(Places))]
    public async Task OptionalValueOrList_InItsPlace(string place, string template, string argument, string sent)
    {
        var action = AnAction.Calling(_upstream.Url);
        action.Request.Method = V1.HttpMethod.Post;
        action.Variables.Add(new Variable { Name = "v", Type = VariableType.Json, Optional = true });
        Put(action, place, template);

        var observed = await _server.ExecuteAsync(_upstream, action, ("v", Arguments.Parse(argument)));

        if (sent == "refused")
        {
            var (field, description) = observed.Violations.ShouldHaveSingleItem();
            field.ShouldBe("variables.v");
            description.ShouldStartWith(argument.StartsWith('{')
                ? "is an object, which a "
                : "is a list with an object, a list or null in it, which a ");
            return;
        }

        var request = observed.Request.ShouldNotBeNull(string.Join(' ', observed.Violations));
        switch (place.Split(',')[0])
        {
            case "URL" or "query parameter":
                request.Target.ShouldBe(sent);
                break;
            case "header":
                (request.Header("X-Ids") ?? "").ShouldBe(sent);
                request.All("X-Ids").Count.ShouldBe(sent.Length == 0 ? 0 : 1);
                break;
            case "message":
                observed.Start.ShouldBe(sent);
                break;
            default:
                request.Text.ShouldBe(sent);
                break;
        }
    }

    [Fact]
    public async Task ListInAnAnswer_SpokenWithoutBrackets()
    {
        const string Answer = """{"free": ["10:00", "11:30"], "staff": ["Ann"], "none": []}""";
        await using var upstream = RawUpstream.Answering(RawUpstream.Response(Answer));
        var action = AnAction.Calling(upstream.Url);
        action.Results.Add([
            new ResultField { Variable = "free", JsonPath = "$.free" },
            new ResultField { Variable = "staff", JsonPath = "$.staff[*]" },
            new ResultField { Variable = "none", JsonPath = "$.none" },
        ]);
        var rule = new OutcomeRule { Outcome = Outcome.Success, Message = "I have {free} with {staff}{none}." };
        action.ResponsePolicy = new() { Rules = { rule } };

        (await _server.ExecuteAsync(new() { Id = (await _server.CreateAsync(action)).Id }))[^1].Result.Message
            .ShouldBe("I have 10:00, 11:30 with Ann.");
    }

    [Fact]
    public async Task JsonBodyThatIsLeftOut_WithoutItsContentType()
    {
        var action = AnAction.Calling(_upstream.Url);
        action.Request.Method = V1.HttpMethod.Post;
        action.Request.JsonBody = "\"{v}\"";
        action.Variables.Add(new Variable { Name = "v", Optional = true });

        var request = (await _server.ExecuteAsync(_upstream, action)).Request.ShouldNotBeNull();

        request.Header("Content-Type").ShouldBeNull();
        request.Header("Content-Length").ShouldBe("0");
    }

    [Fact]
    public async Task OptionalIdempotencyKey_GeneratedIfItHasNoValue()
    {
        var action = AnAction.Calling(_upstream.Url);
        action.Request.Method = V1.HttpMethod.Post;
        action.Request.Headers.Add(new Header { Name = "Idempotency-Key", Value = "{key}" });
        action.RetryPolicy = new() { MaxAttempts = 2, RetryNonIdempotent = true };
        action.Variables.Add(new Variable { Name = "key", Optional = true });
        var stored = await _server.CreateAsync(action);

        await _server.ExecuteAsync(new() { Id = stored.Id });
        await _server.ExecuteAsync(new() { Id = stored.Id, Variables = { ["key"] = Value.ForString("mine") } });

        var keys = _upstream.Requests.Select(request => request.Header("Idempotency-Key")).ToList();
        Guid.TryParse(keys[0], out _).ShouldBeTrue(keys[0]);
        keys[1].ShouldBe("mine");
    }

    [Fact]
    public async Task SensitiveList_MaskedInTheFormInWhichItIsSent()
    {
        var action = AnAction.Calling(_upstream.Url);
        Put(action, "query parameter, brackets", "ids={v}");
        Put(action, "URL", "/a?x={v}&y={gone}");
        action.Variables.Add([
            new Variable { Name = "v", Type = VariableType.Json, Sensitive = true },
            new Variable { Name = "gone", Sensitive = true, Optional = true },
        ]);

        var response = await _server.Configs.InitializeAsync(
            new() { Draft = action, Variables = { ["v"] = Arguments.Parse("""["s3cret-1","s3cret-2"]""") } },
            cancellationToken: TestContext.Current.CancellationToken);

        response.Request.Url.ShouldBe($"{_upstream.Url}/a?x=MASKED&ids%5B%5D=MASKED");
        (await _upstream.NextRequestAsync(TestContext.Current.CancellationToken)).Target
            .ShouldBe("/a?x=s3cret-1&x=s3cret-2&ids%5B%5D=s3cret-1&ids%5B%5D=s3cret-2");
    }

    [Fact]
    public async Task OptionalVariableInThePath_RefusedWhenItIsSaved()
    {
        var action = AnAction.Calling("https://api.example.com/bookings/{id}");
        action.Variables.Add(new Variable { Name = "id", Optional = true });

        var refusal = await Refusal.OfAsync(_server.Configs.CreateActionConfigAsync(
            new() { ActionConfig = action }, cancellationToken: TestContext.Current.CancellationToken));

        refusal.ShouldBeViolationOf("action_config.request.url");
        refusal.Violations[0].Description.ShouldContain("'id'");
    }

    [Fact]
    public async Task UnknownListStyle_RefusedWhenItIsSaved()
    {
        var action = AnAction.Any();
        action.Request.QueryParameters.Add(new QueryParameter { Name = "a", ListStyle = (ListStyle)9 });

        (await Refusal.OfAsync(_server.Configs.CreateActionConfigAsync(
            new() { ActionConfig = action }, cancellationToken: TestContext.Current.CancellationToken)))
            .ShouldBeViolationOf("action_config.request.query_parameters[0].list_style");
    }

    public static TheoryData<string, string, string, string> Paths => [.. DocTable.Read("docs/apis.md", "Path segments")
        .Select(row => (row["path"], row["a"], row["b"], row["sent"]))];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task PathSegment_StaysOneOrRefused(string path, string a, string b, string sent)
    {
        var action = AnAction.Calling(_upstream.Url + path);
        action.Request.Method = V1.HttpMethod.Delete;

        var observed = await _server.ExecuteAsync(
            _upstream, action, ("a", Arguments.Parse(a)), ("b", Arguments.Parse(b)));

        if (sent.StartsWith("refused: ", StringComparison.Ordinal))
            observed.Violations.Select(violation => violation.Field)
                .ShouldBe(sent["refused: ".Length..].Split(' ').Select(name => $"variables.{name}"));
        else
            observed.Request.ShouldNotBeNull(string.Join(' ', observed.Violations)).Target.ShouldBe(sent);
    }

    [Fact]
    public async Task EmptyDefaultInThePath_RefusedAsAnArgument()
    {
        var action = AnAction.Calling($"{_upstream.Url}/bookings/{{id}}");
        action.Variables.Add(new Variable { Name = "id", DefaultValue = Value.ForString("") });

        (await _server.ExecuteAsync(_upstream, action)).Violations
            .ShouldBe([("variables.id", "would change the URL's path: a segment can't be empty or blank.")]);
    }

    private static void Put(ActionConfig action, string place, string template)
    {
        var words = place.Split(", ");
        var style = words.Length == 1 ? ListStyle.Unspecified : Enum.Parse<ListStyle>(words[1], ignoreCase: true);
        var split = template.IndexOfAny(['=', ':']);
        var (name, value) = (template[..Math.Max(split, 0)], template[(split + 1)..]);
        var parameter = new QueryParameter { Name = name, Value = value, ListStyle = style };
        switch (words[0])
        {
            case "query parameter":
                action.Request.QueryParameters.Add(parameter);
                break;
            case "URL":
                action.Request.Url += template;
                break;
            case "form":
                action.Request.FormBody = new() { Fields = { parameter } };
                break;
            case "header":
                action.Request.Headers.Add(new Header { Name = name, Value = value.TrimStart() });
                break;
            case "JSON body":
                action.Request.JsonBody = template;
                break;
            case "form text":
                action.Request.TextBody = new() { Text = template, ContentType = "application/x-www-form-urlencoded" };
                break;
            case "text body":
                action.Request.TextBody = new() { Text = template, ContentType = "text/plain" };
                break;
            case "message":
                action.Messages = new() { StartMessage = template };
                break;
            default:
                throw new ArgumentException($"no place: {place}");
        }
    }
}
