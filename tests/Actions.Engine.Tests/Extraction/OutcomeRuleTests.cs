using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Extraction;

/// <summary>What an answer means where its status alone doesn't tell.</summary>
public sealed class OutcomeRuleTests : IDisposable
{
    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData("", true)]
    [InlineData("200", true)]
    [InlineData("2xx", true)]
    [InlineData("100-599", true)]
    [InlineData("201", false)]
    [InlineData("404", false)]
    [InlineData("3xx", false)]
    public async Task StatusPattern_DecidesWhetherTheRuleFits(string status, bool fits)
    {
        var outcome = await AnswerAsync("{}", 200, new OutcomeRule { Status = status, Outcome = Outcome.Failure });

        (outcome.Failure?.Reason == FailureReason.OutcomeRule).ShouldBe(fits, outcome.ToString());
    }

    [Theory]
    [InlineData("@.success == false", """{"success": false}""", true)]
    [InlineData("@.success == false", """{"success": true}""", false)]
    [InlineData("@.success == false", """{"success": "false"}""", false)]
    [InlineData("@.success == false", "{}", false)]
    [InlineData("!@.success", "{}", true)]
    [InlineData("@.errors[0]", """{"errors": ["x"]}""", true)]
    [InlineData("@.errors[0]", """{"errors": []}""", false)]
    [InlineData("count(@.items[*]) == 0", """{"items": []}""", true)]
    [InlineData("search(@.message, 'not found')", """{"message": "order not found!"}""", true)]
    [InlineData("@.success == false", "", false)]
    [InlineData("!@.success", "", false)]
    [InlineData("!@.success", "hello", false)]
    [InlineData("!@.success", """{"cut""", false)]
    [InlineData("@.text == 'a'", """{"text": "\ud800"}""", false)]
    public async Task Filter_AskedOfTheJsonBody(string filter, string body, bool fits)
    {
        var outcome = await AnswerAsync(body, 200, new OutcomeRule { Filter = filter, Outcome = Outcome.Failure });

        (outcome.Failure?.Reason == FailureReason.OutcomeRule).ShouldBe(fits, outcome.ToString());
    }

    [Fact]
    public async Task FilterAndContentTypeOfAText_StillTriedAsJson()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("""{"success": false}""", "text/html"));

        var failure = await _engine.FailureAsync(
            With(Configs.Get(api.Url), new OutcomeRule { Filter = "@.success == false", Outcome = Outcome.Failure }));

        (failure.Reason, failure.StatusCode, failure.Retryable).ShouldBe((FailureReason.OutcomeRule, 200, false));
        failure.Detail.ShouldBe("An outcome rule counts this response (status 200) as a failure.");
    }

    [Fact]
    public async Task SeveralFit_TheFirstDecides()
    {
        OutcomeRule[] rules =
        [
            new() { Status = "404", Outcome = Outcome.Failure, Message = "first" },
            new() { Filter = "@.a == 2", Outcome = Outcome.Failure, Message = "second" },
            new() { Filter = "@.a", Outcome = Outcome.Success, Message = "third" },
            new() { Outcome = Outcome.Failure, Message = "fourth" },
        ];

        (await AnswerAsync("""{"a": 1}""", 404, rules)).Failure.Message.ShouldBe("first");
        (await AnswerAsync("""{"a": 2}""", 200, rules)).Failure.Message.ShouldBe("second");
        (await AnswerAsync("""{"a": 3}""", 200, rules)).Result.Message.ShouldBe("third");
        (await AnswerAsync("{}", 200, rules)).Failure.Message.ShouldBe("fourth");
    }

    [Theory]
    [InlineData(200, null)]
    [InlineData(404, FailureReason.HttpStatus)]
    public async Task NoneFits_StatusDecidesAsWithoutRules(int status, FailureReason? reason)
    {
        var outcome = await AnswerAsync("{}", status, new OutcomeRule { Filter = "@.gone", Outcome = Outcome.Retry });

        outcome.Failure?.Reason.ShouldBe(reason!.Value);
        (outcome.Result?.StatusCode ?? outcome.Failure!.StatusCode).ShouldBe(status);
    }

    [Theory]
    [InlineData("""{"error": "gone"}""", "application/json")]
    [InlineData("no such order", "text/plain")]
    [InlineData("{cut", "application/json")]
    [InlineData("", "application/json")]
    public async Task SuccessOn404_PoliteWithoutItsRequiredFields(string body, string type)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response(body, type, "404 Not Found"));
        var config = With(
            Configs.Get(api.Url).Selecting("eta", "$.eta", required: true).Selecting("state", "$.state", otherwise: Value.ForString("unknown")),
            new OutcomeRule { Status = "404", Outcome = Outcome.Success, Message = "I can't find order {{id}}." });
        config.Messages = new Messages { FailureMessage = "Sorry." };

        var result = await _engine.ResultAsync(config, Configs.Values(("id", "4711")));

        (result.StatusCode, result.Message).ShouldBe((404, "I can't find order 4711."));
        result.Variables.ShouldHaveSingleItem().ShouldBe(new("state", Value.ForString("unknown")));
        result.Warnings.ShouldAllBe(warning => warning.Kind == WarningKind.InvalidBody);
        result.Warnings.Count.ShouldBe(body == "{cut" ? 1 : 0);
    }

    [Fact]
    public async Task SuccessWithItsFields_Extracted()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("""{"eta": "soon"}""", status: "202 Later"));
        var config = With(
            Configs.Get(api.Url).Selecting("eta", "$.eta"), new OutcomeRule { Status = "202", Outcome = Outcome.Success });

        var result = await _engine.ResultAsync(config);

        (result.Variables["eta"].StringValue, result.Message).ShouldBe(("soon", ""));
    }

    [Fact]
    public async Task Retry_AnotherAttemptWhilePolicyHasOne()
    {
        await using var api = Outbound.Attempts.Answers.InTurn(
            RawUpstream.Response("""{"state": "pending"}"""), RawUpstream.Response("""{"state": "pending"}"""), RawUpstream.Response("""{"state": "done"}"""));
        var config = With(
            Outbound.Attempts.Answers.Retrying(api, attempts: 5),
            new OutcomeRule { Filter = "@.state == 'pending'", Outcome = Outcome.Retry, Message = "Still pending." });

        var result = await _engine.ResultAsync(config);

        (result.Attempts, result.Message).ShouldBe((3, ""));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 2)]
    public async Task RetryAndNoneLeft_FailureThatMayBeRetried(int attempts, int made)
    {
        await using var api = Outbound.Attempts.Answers.InTurn(RawUpstream.Response("""{"state": "pending"}"""));
        var config = With(
            Outbound.Attempts.Answers.Retrying(api, Math.Max(attempts, 1)),
            new OutcomeRule { Filter = "@.state == 'pending'", Outcome = Outcome.Retry, Message = "Still {{state}}." }).Selecting("state", "$.state");
        if (attempts == 0)
            config.RetryPolicy = null;

        var failure = await _engine.FailureAsync(config);

        (failure.Reason, failure.StatusCode, failure.Attempts, failure.Retryable).ShouldBe((FailureReason.OutcomeRule, 200, made, true));
        failure.Message.ShouldBe("Still pending.");
    }

    [Fact]
    public async Task FailureOnAStatusWorthARetry_Final()
    {
        await using var api = Outbound.Attempts.Answers.InTurn(Outbound.Attempts.Answers.Status(503));
        var config = With(Outbound.Attempts.Answers.Retrying(api, attempts: 3), new OutcomeRule { Status = "503", Outcome = Outcome.Failure });

        var failure = await _engine.FailureAsync(config);

        (failure.Reason, failure.Attempts, failure.Retryable).ShouldBe((FailureReason.OutcomeRule, 1, false));
    }

    [Fact]
    public async Task Initialize_AsksNoRules()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("""{"success": false}"""));

        var response = await _engine.InitializeAsync(
            With(Configs.Get(api.Url), new OutcomeRule { Outcome = Outcome.Failure, Message = "No." }));

        response.Sample.StatusCode.ShouldBe(200);
    }

    private static ActionConfig With(ActionConfig config, params OutcomeRule[] rules)
    {
        config.ResponsePolicy = new ResponsePolicy { Rules = { rules } };
        return config;
    }

    private async Task<ExecutionEvent> AnswerAsync(string body, int status, params OutcomeRule[] rules)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response(body, "text/plain", $"{status} Whatever"));
        return await _engine.OutcomeAsync(With(Configs.Get(api.Url), rules));
    }
}
