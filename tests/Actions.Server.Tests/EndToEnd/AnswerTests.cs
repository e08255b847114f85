using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests.EndToEnd;

/// <summary>What an answer means and what is said of it.</summary>
public sealed class AnswerTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    [Fact]
    public async Task FailureMessages_AreSaidForTheirReasonAndTheGeneralOneForTheRest()
    {
        await using var silent = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.HoldAsync();
        });
        await using var broken = RawUpstream.Answering(RawUpstream.Response("", status: "500 Internal Server Error"));

        (await SaidAsync(silent.Url)).ShouldBe((FailureReason.Timeout, "Your order takes too long."));
        (await SaidAsync(broken.Url)).ShouldBe((FailureReason.HttpStatus, "I can't find your order."));

        async Task<(FailureReason Reason, string Message)> SaidAsync(string url)
        {
            var action = AnAction.Calling(url);
            action.Request.Timeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(200));
            action.Messages = new()
            {
                FailureMessage = "I can't find your {what}.",
                FailureMessages = { ["FAILURE_REASON_TIMEOUT"] = "Your {what} takes too long." },
            };
            var failure = (await ExecuteAsync(action, ("what", "order"))).Failure.ShouldNotBeNull();
            return (failure.Reason, failure.Message);
        }
    }

    [Fact]
    public async Task FailureRule_FailsAnAnswerThatLooksWell()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("""{"success": false, "reason": "sold out"}"""));
        var action = Ruled(upstream, new OutcomeRule { Filter = "@.success == false", Outcome = Outcome.Failure, Message = "No {what}: {reason}." });
        action.Results.Add(new ResultField { Variable = "reason", JsonPath = "$.reason" });

        var failure = (await ExecuteAsync(action, ("what", "tickets"))).Failure.ShouldNotBeNull();

        (failure.Reason, failure.StatusCode, failure.Message).ShouldBe((FailureReason.OutcomeRule, 200, "No tickets: sold out."));
        failure.Detail.ShouldNotContain("sold out");
    }

    [Fact]
    public async Task SuccessRule_MakesA404PoliteSuccess()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("gone", "text/plain", "404 Not Found"));
        var action = Ruled(upstream, new OutcomeRule { Status = "404", Outcome = Outcome.Success, Message = "There is no such order." });
        action.Results.Add(new ResultField { Variable = "state", JsonPath = "$.state", Required = true });

        var result = (await ExecuteAsync(action)).Result.ShouldNotBeNull();

        (result.StatusCode, result.Message).ShouldBe((404, "There is no such order."));
        result.Variables.ShouldBeEmpty();
    }

    [Fact]
    public async Task RetryRule_AsksAgainUntilTheAnswerIsThere()
    {
        var answers = 0;
        await using var upstream = RawUpstream.Answering(_ => RawUpstream.Response(
            Interlocked.Increment(ref answers) < 3 ? """{"state": "pending"}""" : """{"state": "done"}"""));
        var action = Ruled(upstream, new OutcomeRule { Filter = "@.state == 'pending'", Outcome = Outcome.Retry });
        action.RetryPolicy = new() { MaxAttempts = 3, InitialBackoff = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(1)) };
        action.Results.Add(new ResultField { Variable = "state", JsonPath = "$.state" });

        var result = (await ExecuteAsync(action)).Result.ShouldNotBeNull();

        (result.Attempts, result.Variables["state"].StringValue).ShouldBe((3, "done"));
    }

    [Theory]
    [InlineData("not-a-status", "@.a == 1", "action_config.response_policy.rules[0].status")]
    [InlineData("2xx", "@.a ==", "action_config.response_policy.rules[0].filter")]
    public async Task WrongRule_IsRefusedByItsField(string status, string filter, string field)
    {
        var action = AnAction.Any();
        action.ResponsePolicy = new() { Rules = { new OutcomeRule { Status = status, Filter = filter, Outcome = Outcome.Success } } };

        (await Refusal.OfAsync(_server.CreateAsync(action))).ShouldBeViolationOf(field);
    }

    [Fact]
    public async Task HeadersAndStatus_AreResultsAsTheBodyIs()
    {
        await using var upstream = RawUpstream.Answering(
            "HTTP/1.1 201 Created\r\nX-Page: 1\r\nX-Page: 2\r\nLocation: /orders/7\r\nContent-Length: 0\r\n\r\n");
        var action = AnAction.Calling(upstream.Url);
        action.Results.Add(new ResultField { Variable = "code", Source = "status" });
        action.Results.Add(new ResultField { Variable = "order", Source = "header:location", Required = true });
        action.Results.Add(new ResultField { Variable = "pages", Source = "header:X-Page" });
        action.Results.Add(new ResultField { Variable = "none", Source = "header:X-None" });
        action.Results.Add(new ResultField { Variable = "other", Source = "header:X-None", DefaultValue = Value.ForNumber(3) });

        var result = (await ExecuteAsync(action)).Result.ShouldNotBeNull();

        result.Variables.ToDictionary(pair => pair.Key, pair => pair.Value).ShouldBe(
            new Dictionary<string, Value>
            {
                ["code"] = Value.ForNumber(201),
                ["order"] = Value.ForString("/orders/7"),
                ["pages"] = Value.ForString("1, 2"),
                ["other"] = Value.ForNumber(3),
            },
            ignoreOrder: true);

        action = AnAction.Calling(upstream.Url);
        action.Results.Add(new ResultField { Variable = "none", Source = "header:X-None", Required = true });
        (await ExecuteAsync(action)).Failure.ShouldNotBeNull().Reason.ShouldBe(FailureReason.MissingResult);
    }

    private static ActionConfig Ruled(RawUpstream upstream, OutcomeRule rule)
    {
        var action = AnAction.Calling(upstream.Url);
        action.ResponsePolicy = new() { Rules = { rule } };
        return action;
    }

    private async Task<ExecutionEvent> ExecuteAsync(ActionConfig action, params (string Name, string Value)[] variables)
    {
        var request = new ExecuteRequest { Id = (await _server.CreateAsync(action)).Id };
        foreach (var (name, value) in variables)
            request.Variables.Add(name, Value.ForString(value));
        return (await _server.ExecuteAsync(request))[^1];
    }
}
