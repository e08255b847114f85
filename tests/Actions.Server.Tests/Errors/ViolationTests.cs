using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Actions.Server.Tests.Errors;

/// <summary>INVALID_ARGUMENT: everything that is wrong, in one answer that fits.</summary>
public sealed class ViolationTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    // What gRPC's C core (Python, Ruby, PHP) takes by default, for all trailers together.
    private const int MaxTrailerBytes = 8 * 1024;

    private const string Create = "actions.v1.ActionConfigService/CreateActionConfig";
    private const string Execute = "actions.v1.ActionService/Execute";

    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EverythingWrong_IsNamedAtOnce()
    {
        var action = new ActionConfig
        {
            Name = " ",
            Description = new string('d', 1_025),
            Request = new()
            {
                Url = "https://{host}/",
                Headers = { new Header { Name = "Host", Value = "other" }, new Header { Name = "X", Value = "a\r\nB: c" } },
                QueryParameters = { new QueryParameter { Value = "nameless" } },
                JsonBody = "{\"id\": {order_id}}",
                Timeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(99)),
            },
            Variables =
            {
                new Variable { Name = "1st" },
                new Variable { Name = "n", Type = VariableType.Number, DefaultValue = Value.ForBool(true) },
            },
            Messages = new() { DelayRepeatInterval = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(99)) },
            Results = { new ResultField { Variable = "a", JsonPath = "$." }, new ResultField { Variable = "a", JsonPath = "$.a" } },
            ResponsePolicy = new() { SuccessStatuses = { "200", "6xx" }, MaxBodyBytes = (3 << 20) + 1 },
            Labels = { [""] = "v" },
        };

        (await CreateAsync(action)).ShouldBeViolationOf(
            "action_config.name",
            "action_config.description",
            "action_config.request.method",
            "action_config.request.url",
            "action_config.request.headers[0].name",
            "action_config.request.headers[1].value",
            "action_config.request.query_parameters[0].name",
            "action_config.request.json_body",
            "action_config.request.timeout",
            "action_config.variables[0].name",
            "action_config.variables[1].default_value",
            "action_config.messages.delay_repeat_interval",
            "action_config.results[0].json_path",
            "action_config.results[1].variable",
            "action_config.response_policy.success_statuses[1]",
            "action_config.response_policy.max_body_bytes",
            "action_config.labels[\"\"]");
    }

    [Fact]
    public async Task MissingVariables_AreAllNamed()
    {
        var action = AnAction.Complete();
        action.Variables.Clear();
        var stored = await _server.CreateAsync(action);

        var refusal = await ExecuteAsync(new() { Id = stored.Id, Variables = { ["count"] = Value.ForNumber(1) } });

        refusal.ShouldBeInvalid(
            "ERROR_REASON_MISSING_VARIABLE", "variables.order_id", "variables.tenant", "variables.language");
    }

    [Fact]
    public async Task ValuesThatDoNotFit_AreAllNamed()
    {
        var stored = await _server.CreateAsync(AnAction.Complete());

        var refusal = await ExecuteAsync(new()
        {
            Id = stored.Id,
            Variables =
            {
                ["order_id"] = Value.ForList(Value.ForNumber(7)),
                ["count"] = Value.ForNumber(1.5),
                ["language"] = Value.ForString("fr"),
                ["tenant"] = Value.ForNumber(double.NaN),
                ["unknown to the action"] = Value.ForBool(true),
            },
        });

        refusal.ShouldBeViolationOf("variables.order_id", "variables.count", "variables.language", "variables.tenant");
    }

    [Fact]
    public async Task MissingAmongValuesThatDoNotFit_GivesItsReason()
    {
        var stored = await _server.CreateAsync(AnAction.Complete());

        (await ExecuteAsync(
            new() { Id = stored.Id, Variables = { ["count"] = Value.ForString("one"), ["tenant"] = Value.ForString("t") } }))
            .ShouldBeInvalid("ERROR_REASON_MISSING_VARIABLE", "variables.order_id", "variables.count");
    }

    [Theory]
    [InlineData("x")]
    // Three bytes in UTF-8, and nine in grpc-message, which is percent-encoded.
    [InlineData("訂")]
    [InlineData("\U0001F4E6")]
    public async Task MoreViolationsThanFit_AreCutOffWithTheirNumberAndBelowTheLimitOfClients(string letter)
    {
        var action = AnAction.Any();
        for (var i = 0; i < 60; i++)
        {
            action.Labels.Add($"{string.Concat(Enumerable.Repeat(letter, 300))}{i}", "value");
            action.Results.Add(new ResultField { Variable = $"v{i}", JsonPath = "$." });
        }

        var refusal = await CreateAsync(action);

        refusal.Fields.SkipLast(1).ShouldAllBe(field => field.StartsWith("action_config.labels"));
        refusal.Violations[^1].ShouldBe(("…", $"and {120 - (refusal.Violations.Count - 1)} more."));
        await ShouldFitAsync(Create, new CreateActionConfigRequest { ActionConfig = action });
    }

    [Fact]
    public async Task ManyShortViolations_AreNamedAsFarAsTheyFit()
    {
        var action = AnAction.Any();
        for (var i = 0; i < 100; i++)
            action.Results.Add(new ResultField { Variable = $"v{i}", JsonPath = "$." });

        var refusal = await CreateAsync(action);

        refusal.Violations.Count.ShouldBeGreaterThan(30);
        refusal.Violations[^1].ShouldBe(("…", $"and {100 - (refusal.Violations.Count - 1)} more."));
        await ShouldFitAsync(Create, new CreateActionConfigRequest { ActionConfig = action });
    }

    [Theory]
    [InlineData("x")]
    [InlineData("訂")]
    [InlineData("\U0001F4E6")]
    public async Task LongNamesAndIds_FitIntoTheTrailersToo(string letter)
    {
        var text = string.Concat(Enumerable.Repeat(letter, 5_000));

        (await ExecuteAsync(new() { Name = text })).Reason.ShouldBe("ERROR_REASON_ACTION_NOT_FOUND");
        await ShouldFitAsync(Execute, new ExecuteRequest { Name = text });
        await ShouldFitAsync(Execute, new ExecuteRequest { Id = text });
    }

    private async Task ShouldFitAsync(string method, Google.Protobuf.IMessage request)
    {
        var trailers = await RawCall.TrailersAsync(_server.GrpcAddress, method, request);
        trailers.ShouldContain(trailer => trailer.Name == "grpc-status-details-bin");
        RawCall.SizeOf(trailers).ShouldBeLessThan(MaxTrailerBytes);
    }

    private async Task<Refusal> CreateAsync(ActionConfig action) =>
        await Refusal.OfAsync(_server.Configs.CreateActionConfigAsync(new() { ActionConfig = action }, cancellationToken: Token));

    private async Task<Refusal> ExecuteAsync(ExecuteRequest request) =>
        await Refusal.OfAsync(_server.Actions.Execute(request, cancellationToken: Token));
}
