using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Compilation;

public sealed class ResponseCompilerTests
{
    [Fact]
    public void EverythingNew_Compiles()
    {
        var config = Compiled.Sound().Selecting("a", "$.a[*]").WithSource("b", "status").WithSource("c", "header:X-C");
        config.ResponsePolicy = new ResponsePolicy
        {
            MaxRedirects = 10,
            Rules =
            {
                new OutcomeRule { Status = "404", Outcome = Outcome.Success, Message = "{a} {b} {name}" },
                new OutcomeRule { Filter = "@.ok == false", Outcome = Outcome.Failure },
                new OutcomeRule { Filter = "?@.ok == false", Status = "2xx", Outcome = Outcome.Retry },
            },
        };
        config.RetryPolicy = new RetryPolicy { MaxAttempts = 5, InitialBackoff = Seconds(120), RetryableStatuses = { "5xx", "429" }, RetryNonIdempotent = true };
        config.Messages = new Messages
        {
            FailureMessages = { ["FAILURE_REASON_TIMEOUT"] = "{name}", ["FAILURE_REASON_OUTCOME_RULE"] = "" },
        };

        config.ShouldCompile();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(11)]
    [InlineData(int.MaxValue)]
    public void MaxRedirects_0To10(int redirects) =>
        With(new ResponsePolicy { MaxRedirects = redirects }).ShouldViolate("response_policy.max_redirects", "must be 0 to 10");

    [Fact]
    public void Rules_EveryViolationWithItsPlace()
    {
        With(new ResponsePolicy
        {
            Rules =
            {
                new OutcomeRule { Outcome = Outcome.Success },
                new OutcomeRule(),
                new OutcomeRule { Outcome = (Outcome)9 },
                new OutcomeRule { Outcome = Outcome.Failure, Status = "20" },
                new OutcomeRule { Outcome = Outcome.Failure, Filter = "success == false" },
                new OutcomeRule { Outcome = Outcome.Failure, Filter = $"@.{new string('a', 1_023)}" },
                new OutcomeRule { Outcome = Outcome.Failure, Message = new string('m', 4_097) },
            },
        }).ShouldViolateAll(
            "response_policy.rules[1].outcome", "response_policy.rules[2].outcome", "response_policy.rules[3].status",
            "response_policy.rules[4].filter", "response_policy.rules[5].filter", "response_policy.rules[6].message");
    }

    [Fact]
    public void FilterWrong_SaysWhere() =>
        With(new ResponsePolicy { Rules = { new OutcomeRule { Outcome = Outcome.Failure, Filter = "@.ok = false" } } })
            .ShouldViolate("response_policy.rules[0].filter", "(character 6).");

    [Fact]
    public void TooManyRules_Violation() =>
        With(new ResponsePolicy { Rules = { Enumerable.Repeat(new OutcomeRule { Outcome = Outcome.Failure }, 33) } })
            .ShouldViolate("response_policy.rules", "at most 32");

    [Theory]
    [InlineData("2xx", true)]
    [InlineData("5XX", true)]
    [InlineData("404", true)]
    [InlineData("200-204", true)]
    [InlineData("200-200", true)]
    [InlineData("100-599", true)]
    [InlineData("6xx", false)]
    [InlineData("0xx", false)]
    [InlineData("2x", false)]
    [InlineData("20x", false)]
    [InlineData("99", false)]
    [InlineData("099", false)]
    [InlineData("600", false)]
    [InlineData("204-200", false)]
    [InlineData("200-", false)]
    [InlineData("-200", false)]
    [InlineData("200-2xx", false)]
    [InlineData("200, 201", false)]
    [InlineData(" 200", false)]
    [InlineData("+20", false)]
    [InlineData("٢٠٠", false)]
    public void StatusPattern_ValidOrNot(string pattern, bool valid)
    {
        var success = With(new ResponsePolicy { SuccessStatuses = { "200", pattern } });
        var rule = With(new ResponsePolicy { Rules = { new OutcomeRule { Status = pattern, Outcome = Outcome.Failure } } });
        var retry = Compiled.Sound();
        retry.RetryPolicy = new RetryPolicy { MaxAttempts = 2, RetryableStatuses = { pattern } };
        if (valid)
        {
            foreach (var config in (ActionConfig[])[success, rule, retry])
                config.ShouldCompile();
            return;
        }

        success.ShouldViolate("response_policy.success_statuses[1]", "must be like");
        rule.ShouldViolate("response_policy.rules[0].status", "must be like");
        retry.ShouldViolate("retry_policy.retryable_statuses[0]", "must be like");
    }

    [Theory]
    [InlineData("header:", "must name a header")]
    [InlineData("header: X-A", "must name a header")]
    [InlineData("header:X A", "must name a header")]
    [InlineData("header:größe", "must name a header")]
    [InlineData("Header:X-A", "must be empty, 'status', 'text'")]
    [InlineData("headers:X-A", "must be empty, 'status', 'text'")]
    [InlineData("Status", "must be empty, 'status', 'text'")]
    [InlineData("body", "must be empty, 'status', 'text'")]
    [InlineData(" ", "must be empty, 'status', 'text'")]
    public void Source_StatusOrAHeader(string source, string wrong) =>
        Compiled.Sound().WithSource("a", source).ShouldViolate("results[0].source", wrong);

    [Theory]
    [InlineData("result:a", "$.b", "", "results[1].source", null)]
    [InlineData("result:a", "", "/b", "results[1].source", null)]
    [InlineData("result:b", "$.b", "", "results[1].source", "earlier field")]
    [InlineData("result:c", "$.b", "", "results[1].source", "earlier field")]
    [InlineData("result:", "$.b", "", "results[1].source", "earlier field")]
    [InlineData("result:a", "", "", "results[1].json_path", "")]
    [InlineData("", "$.b", "/b", "results[1].xpath", "must be empty beside a json_path")]
    [InlineData("text", "", "/b", "results[1].xpath", "must be empty beside this source")]
    [InlineData("text", "$.b", "", "results[1].json_path", "must be empty beside this source")]
    [InlineData("", "", "/b[", "results[1].xpath", "isn't an XPath 1.0 expression")]
    [InlineData("", "", "upper-case(/b)", "results[1].xpath", "isn't an XPath 1.0 expression")]
    [InlineData("", "", "contains(/b, /c)", "results[1].xpath", "a text in quotes")]
    public void Field_OneWayToFindIt(string source, string jsonPath, string xpath, string field, string? wrong)
    {
        var config = Compiled.Sound().Selecting("a", "$.a");
        config.Results.Add(new ResultField { Variable = "b", Source = source, JsonPath = jsonPath, Xpath = xpath });
        config.Results.Add(new ResultField { Variable = "c", JsonPath = "$.c" });

        if (wrong is null)
            config.ShouldCompile();
        else
            config.ShouldViolate(field, wrong);
    }

    [Fact]
    public void ErrorFields_TheSameRulesAndNoneRequired()
    {
        var config = Compiled.Sound().Selecting("a", "$.a");
        config.ErrorFields.Add(new ResultField { Variable = "a", JsonPath = "$.detail", Required = true });
        config.ErrorFields.Add(new ResultField { Variable = "a", JsonPath = "$." });
        config.ErrorFields.Add(new ResultField { Variable = "b", Source = "result:c", JsonPath = "$" });

        config.ShouldViolateAll("error_fields[0].required", "error_fields[1].variable",
            "error_fields[1].json_path", "error_fields[2].source");
    }

    [Fact]
    public void SourceAndPath_Violation()
    {
        var config = Compiled.Sound().WithSource("a", "status");
        config.Results[0].JsonPath = "$.a";

        config.ShouldViolate("results[0].json_path", "must be empty beside this source");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("$.")]
    [InlineData("$[?@.a")]
    [InlineData("$ ")]
    [InlineData("@.a")]
    public void PathWrong_SaysWhy(string path) =>
        Compiled.Sound().Selecting("a", path).ShouldViolate("results[0].json_path");

    [Fact]
    public void PathTooLong_NotEvenParsed() =>
        Compiled.Sound().Selecting("a", new string('(', 1_025)).ShouldViolate("results[0].json_path", "at most 1024");

    [Fact]
    public void VariableTwice_Violation() =>
        Compiled.Sound().Selecting("a", "$.a").WithSource("a", "status").ShouldViolate("results[1].variable", "a second time");

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(-1)]
    public void MaxAttempts_1To5(int attempts)
    {
        var config = Compiled.Sound();
        config.RetryPolicy = new RetryPolicy { MaxAttempts = attempts };

        config.ShouldViolate("retry_policy.max_attempts", "must be 1 to 5");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(121)]
    public void InitialBackoff_WithinBounds(int seconds)
    {
        var config = Compiled.Sound();
        config.RetryPolicy = new RetryPolicy { MaxAttempts = 2, InitialBackoff = Seconds(seconds) };

        config.ShouldViolate("retry_policy.initial_backoff", "must be 1 ms to 120 s");
    }

    [Fact]
    public void RetryPolicyOfAPostThatIsNotRetried_CheckedAllTheSame()
    {
        var config = Compiled.Sound();
        config.Request.Method = HttpMethod.Post;
        config.RetryPolicy = new RetryPolicy { MaxAttempts = 9, RetryableStatuses = { "x" } };

        config.ShouldViolateAll("retry_policy.max_attempts", "retry_policy.retryable_statuses[0]");
    }

    [Fact]
    public void FailureMessages_ByTheReasonsName()
    {
        var config = Compiled.Sound();
        config.Messages = new Messages
        {
            FailureMessages =
            {
                ["FAILURE_REASON_TIMEOUT"] = "a",
                ["FAILURE_REASON_UNSPECIFIED"] = "b",
                ["Timeout"] = "c",
                [""] = "d",
                ["FAILURE_REASON_TLS"] = new string('e', 4_097),
            },
        };

        config.ShouldViolateAll(
            "messages.failure_messages[\"FAILURE_REASON_UNSPECIFIED\"]",
            "messages.failure_messages[\"Timeout\"]",
            "messages.failure_messages[\"\"]",
            "messages.failure_messages[\"FAILURE_REASON_TLS\"]");
    }

    [Fact]
    public void SampleOfAnotherTime_NeverInTheWay()
    {
        foreach (var body in (string[])["", "{cut", "\u0000", new string('[', 2_000)])
        {
            var config = Compiled.Sound().Selecting("a", "$..a");
            config.Sample = new Sample { StatusCode = 200, ContentType = "nonsense; charset=utf-7", Body = Google.Protobuf.ByteString.CopyFromUtf8(body) };
            config.ShouldCompile();
        }
    }

    private static Duration Seconds(int count) => new() { Seconds = count };

    private static ActionConfig With(ResponsePolicy policy)
    {
        var config = Compiled.Sound();
        config.ResponsePolicy = policy;
        return config;
    }
}
