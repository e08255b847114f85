using Actions.Engine.Limits;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Extraction;

/// <summary>What is said: a rule's words over those for the reason, those over the general ones.</summary>
public sealed class OutcomeRuleMessageTests : IDisposable
{
    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData("of the rule", true, true, true, "of the rule")]
    [InlineData("", true, true, true, "for the reason")]
    [InlineData("", true, false, true, "in general")]
    [InlineData("", true, false, false, "")]
    [InlineData("{gone}", true, true, true, "for the reason")]
    [InlineData("of the rule", false, true, true, "for the status")]
    public async Task Failure_RuleThenReasonThenGeneral(string ofRule, bool fits, bool forReason, bool inGeneral, string said)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}", status: fits ? "418 Teapot" : "404 Gone"));
        var config = Configs.Get(api.Url).Selecting("gone", "$.gone");
        config.ResponsePolicy = new ResponsePolicy { Rules = { new OutcomeRule { Status = "418", Outcome = Outcome.Failure, Message = ofRule } } };
        config.Messages = new Messages { FailureMessage = inGeneral ? "in general" : "" };
        if (forReason)
            config.Messages.FailureMessages.Add(new Dictionary<string, string>
            {
                ["FAILURE_REASON_OUTCOME_RULE"] = "for the reason",
                ["FAILURE_REASON_HTTP_STATUS"] = "for the status",
            });

        (await _engine.FailureAsync(config)).Message.ShouldBe(said);
    }

    [Fact]
    public async Task EachReason_ItsOwnWords()
    {
        FailureReason[] reasons = [FailureReason.HttpStatus, FailureReason.Connection, FailureReason.InvalidResponse, FailureReason.MissingResult, FailureReason.ResponseTooLarge];
        string[] answers =
        [
            RawUpstream.Response("", status: "500 Oops"), "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "hello\r\n\r\n",
            RawUpstream.Response("{}"), RawUpstream.Response(new string(' ', 200)),
        ];
        foreach (var (reason, answer) in reasons.Zip(answers))
        {
            await using var api = RawUpstream.AnsweringOnce(answer);
            var config = Configs.Get(api.Url).Selecting("a", "$.a", required: true);
            config.ResponsePolicy = new ResponsePolicy { MaxBodyBytes = 100 };
            config.Messages = new Messages { FailureMessage = "Sorry." };
            config.Messages.FailureMessages.Add(reasons.ToDictionary(NameOf, one => $"{one} for {{name}}"));

            var failure = await _engine.FailureAsync(config, Configs.Values(("name", "Ann")));

            (failure.Reason, failure.Message).ShouldBe((reason, $"{reason} for Ann"));
        }
    }

    [Fact]
    public async Task Timeout_ItsOwnWords()
    {
        var clock = new FakeClock();
        using var engine = new EngineUnderTest(clock);
        await using var api = new RawUpstream(connection => connection.HoldAsync());
        var config = Configs.Get(api.Url);
        config.Messages = new Messages
        {
            FailureMessage = "Sorry.",
            FailureMessages = { ["FAILURE_REASON_TIMEOUT"] = "It takes too long, {name}." },
        };
        var running = engine.FailureAsync(config, Configs.Values(("name", "Ann")));
        await api.ConnectedAsync(engine.Token);

        clock.Advance(TimeSpan.FromSeconds(10));

        (await running).Message.ShouldBe("It takes too long, Ann.");
    }

    [Fact]
    public async Task RuleMessage_UsesTheAnswerAndTheCall()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response(
            """{"error": {"text": "sold out", "code": 17, "big": 12345678901234567890, "items": ["a", "b"], "none": null, "ok": true}}""", status: "409 Conflict"));
        var config = Configs.Get(api.Url)
            .Selecting("text", "$.error.text").Selecting("code", "$.error.code").Selecting("big", "$.error.big")
            .Selecting("items", "$.error.items[*]").Selecting("none", "$.error.none").Selecting("ok", "$.error.ok")
            .Selecting("gone", "$.error.gone").Selecting("otherwise", "$.error.gone", otherwise: Value.ForString("default"))
            .WithSource("status", "status").WithSource("type", "header:Content-Type");
        config.ResponsePolicy = new ResponsePolicy
        {
            Rules =
            {
                new OutcomeRule
                {
                    Status = "409",
                    Outcome = Outcome.Failure,
                    Message = "{name}: {{text}} <code> {big} {items} [{none}{gone}] {otherwise} {ok} {status} {type}",
                },
            },
        };

        var failure = await _engine.FailureAsync(config, Configs.Values(("name", "Ann")));

        failure.Message.ShouldBe("""Ann: sold out 17 12345678901234567890 a, b [] default true 409 application/json""");
    }

    [Fact]
    public async Task RequiredFieldMissing_RuleStillSpeaks()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("""{"error": "sold out"}"""));
        var config = Configs.Get(api.Url).Selecting("error", "$.error").Selecting("eta", "$.eta", required: true);
        config.ResponsePolicy = new ResponsePolicy
        {
            Rules = { new OutcomeRule { Filter = "@.error", Outcome = Outcome.Failure, Message = "No: {error}{eta}." } },
        };

        (await _engine.FailureAsync(config)).Message.ShouldBe("No: sold out.");
    }

    [Fact]
    public async Task ValueOfTheAnswerHoldsPlaceholders_NotRenderedAgain()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("""{"error": "{{secret}}"}"""));
        var config = Configs.Get(api.Url).Selecting("error", "$.error");
        config.ResponsePolicy = new ResponsePolicy { Rules = { new OutcomeRule { Outcome = Outcome.Failure, Message = "{error}" } } };

        (await _engine.FailureAsync(config, Configs.Values(("secret", "hunter2")))).Message.ShouldBe("{{secret}}");
    }

    [Fact]
    public async Task VariableOfTheCallMissing_RefusedBeforeAnythingIsSent()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));
        var config = Configs.Get(api.Url).Selecting("error", "$.error");
        config.ResponsePolicy = new ResponsePolicy { Rules = { new OutcomeRule { Outcome = Outcome.Failure, Message = "{error} {name}" } } };

        Should.Throw<InvalidFieldsException>(() => _engine.Execute(config)).Violations.Single().Field.ShouldBe("variables.name");

        api.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(Outcome.Failure)]
    [InlineData(Outcome.Success)]
    public async Task AnswerFullOfWords_MessageStaysWithinWhatCanBeSaid(Outcome outcome)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response($$"""{"text": "{{new string('ä', 400_000)}}", "list": [{{string.Join(',', Enumerable.Range(0, 100_000))}}]}"""));
        var config = Configs.Get(api.Url).Selecting("text", "$.text").Selecting("list", "$.list");
        config.ResponsePolicy = new ResponsePolicy
        {
            MaxBodyBytes = 3 << 20,
            Rules = { new OutcomeRule { Outcome = outcome, Message = "It says " + string.Concat(Enumerable.Repeat("{text} {list} ", 200)) } },
        };

        var told = await _engine.OutcomeAsync(config, bodyView: BodyView.None);

        told.CalculateSize().ShouldBeLessThan(ContractLimits.MaxEventBytes);
        var said = told.Result?.Message ?? told.Failure.Message;
        said.ShouldStartWith("It says ää");
        said.Length.ShouldBeLessThanOrEqualTo(16_384);
    }

    private static string NameOf(FailureReason reason) =>
        Failure.Descriptor.FindFieldByNumber(Failure.ReasonFieldNumber).EnumType.FindValueByNumber((int)reason).Name;
}
