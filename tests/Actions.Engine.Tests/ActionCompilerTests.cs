using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using static Actions.Engine.Tests.Compilation.Compiling;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests;

/// <summary>What may be saved. Requests and variables have tests of their own, under Compilation/.</summary>
public sealed class ActionCompilerTests
{
    [Fact]
    public void EverythingWrong_AllNamedAtOnce()
    {
        var violations = Violations(config =>
        {
            config.Name = "";
            config.Description = new string('x', 1_025);
            config.Labels[""] = "v";
            config.Request = new HttpRequest { Url = "ftp://x", JsonBody = "{", Headers = { new Header { Name = "Host" } } };
            config.Request.QueryParameters.Add(new QueryParameter());
            config.Request.Timeout = Duration.FromTimeSpan(TimeSpan.FromHours(1));
            config.Authentication = new Authentication();
            config.RetryPolicy = new RetryPolicy();
            config.Variables.Add(new Variable { Name = "1" });
            config.Messages = new Messages { DelayThreshold = new Duration(), StartMessage = new string('x', 4_097) };
            config.Results.Add(new ResultField { Variable = "", JsonPath = "a" });
            config.ResponsePolicy = new ResponsePolicy { MaxRedirects = 11, MaxBodyBytes = -1, SuccessStatuses = { "ok" } };
        });

        violations.Select(violation => violation.Field).Order(StringComparer.Ordinal).ShouldBe([
            "authentication", "description", "labels[\"\"]", "messages.delay_threshold", "messages.start_message", "name",
            "request.headers[0].name", "request.json_body", "request.method", "request.query_parameters[0].name",
            "request.timeout", "request.url", "response_policy.max_body_bytes", "response_policy.max_redirects",
            "response_policy.success_statuses[0]", "results[0].json_path", "results[0].variable", "retry_policy.max_attempts",
            "variables[0].name",
        ]);
    }

    [Fact]
    public void NothingAtAll_SaysWhatIsRequired()
    {
        var refused = Should.Throw<InvalidFieldsException>(() => new ActionCompiler(new EngineOptions()).Compile(new ActionConfig(), "draft"));

        refused.Violations.Select(violation => violation.Field).ShouldBe(["draft.name", "draft.request"]);
        refused.Message.ShouldBe("draft.name must have 1 to 64 characters. draft.request is required.");
    }

    [Fact]
    public void EverythingUsed_Accepted()
    {
        var plan = new ActionCompiler(new EngineOptions()).Compile(
            new ActionConfig
            {
                Id = "0197",
                Name = "Check Order Status",
                Description = "When the caller asks where an order is.",
                Disabled = true,
                Labels = { ["team"] = "support" },
                Request = new HttpRequest
                {
                    Method = HttpMethod.Post,
                    Url = "https://api.example/v1/<tenant>/orders?expand={expand}",
                    Headers = { new Header { Name = "X-Tenant", Value = "{{tenant}}" } },
                    QueryParameters = { new QueryParameter { Name = "lang", Value = "{lang}" } },
                    JsonBody = """{"id": "{order_id}", "note": "for {{caller.name}}"}""",
                    Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(5)),
                },
                Variables =
                {
                    new Variable { Name = "order_id", Type = VariableType.Integer, Description = "The order's number." },
                    new Variable { Name = "lang", DefaultValue = Value.ForString("en"), AllowedValues = { "en", "de" } },
                },
                Messages = new Messages
                {
                    StartMessage = "One moment, {caller.name}.",
                    DelayMessage = "Still looking.",
                    DelayThreshold = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)),
                    DelayRepeatInterval = Duration.FromTimeSpan(TimeSpan.FromSeconds(3)),
                    FailureMessage = "That didn't work.",
                },
                Results = { new ResultField { Variable = "status", JsonPath = "$.orders[0]['status']", Required = true } },
                ResponsePolicy = new ResponsePolicy { SuccessStatuses = { "2xx", "404" }, MaxBodyBytes = 3 << 20 },
            },
            Root);

        (plan.Id, plan.Name, plan.Disabled).ShouldBe(("0197", "Check Order Status", true));
        plan.Parts.Request.Timeout.ShouldBe(TimeSpan.FromSeconds(5));
        plan.Parts.Messages.DelayThreshold.ShouldBe(TimeSpan.FromSeconds(1));
        plan.Parts.Messages.DelayRepeatInterval.ShouldBe(TimeSpan.FromSeconds(3));
        plan.Parts.Response.MaxBodyBytes.ShouldBe(3 << 20);
        plan.Parts.Results.IsEmpty.ShouldBeFalse();
    }

    [Fact]
    public void NothingButTheNecessary_Defaults()
    {
        var plan = new ActionCompiler(new EngineOptions()).Compile(Configs.Get("http://h"), Root);

        plan.Parts.Request.Timeout.ShouldBe(TimeSpan.FromSeconds(10));
        plan.Parts.Request.Body.ShouldBeNull();
        plan.Parts.Messages.DelayThreshold.ShouldBeNull();
        plan.Parts.Messages.DelayRepeatInterval.ShouldBeNull();
        plan.Parts.Response.MaxBodyBytes.ShouldBe(1 << 20);
        plan.Parts.Response.SuccessStatuses.Contains(204).ShouldBeTrue();
        plan.Parts.Response.SuccessStatuses.Contains(304).ShouldBeFalse();
        plan.Parts.Results.IsEmpty.ShouldBeTrue();
        plan.Disabled.ShouldBeFalse();
    }

    [Theory]
    [InlineData("x", true)]
    [InlineData("Bestellung pr\u00fcfen \ud83d\udce6", true)]
    [InlineData("", false)]
    [InlineData(" x", false)]
    [InlineData("x ", false)]
    [InlineData("   ", false)]
    [InlineData("x\u3000", false)]
    [InlineData("a\nb", false)]
    [InlineData("a\u0000b", false)]
    [InlineData("a\u0085b", false)]
    public void Name_PrintableAndTrimmed(string name, bool accepted)
    {
        if (accepted)
            ShouldBeAccepted(config => config.Name = name);
        else
            ShouldBeRefused("name", config => config.Name = name);
    }

    [Fact]
    public void Texts_CountedInCharactersAsPeopleDo()
    {
        var emoji = string.Concat(Enumerable.Repeat("\ud83d\ude00", 64));
        ShouldBeAccepted(config => config.Name = emoji);
        ShouldBeRefused("name", config => config.Name = emoji + "x");
        ShouldBeAccepted(config => config.Description = string.Concat(Enumerable.Repeat("\ud83d\ude00", 1_024)));
        ShouldBeRefused("description", config => config.Description = new string('x', 1_025), "1025 characters; at most 1024");
    }

    [Fact]
    public void Labels_NumberAndLengths()
    {
        ShouldBeAccepted(config => config.Labels[new string('k', 63)] = new string('v', 255));
        ShouldBeRefused("labels[\"\"]", config => config.Labels[""] = "v", "1 to 63");
        ShouldBeRefused($"labels[\"{new string('k', 64)}\"]", config => config.Labels[new string('k', 64)] = "v", "1 to 63");
        ShouldBeRefused("labels[\"k\"]", config => config.Labels["k"] = new string('v', 256), "at most 255");
        ShouldBeAccepted(config => config.Labels.Add(Labels(64)));
        ShouldBeRefused("labels", config => config.Labels.Add(Labels(65)), "at most 64");
    }

    [Theory]
    [InlineData("100")]
    [InlineData("599")]
    [InlineData("1xx")]
    [InlineData("5XX")]
    [InlineData("200-299")]
    [InlineData("204-204")]
    public void StatusPattern_Accepted(string pattern) =>
        ShouldBeAccepted(config => config.ResponsePolicy = new ResponsePolicy { SuccessStatuses = { pattern } });

    [Theory]
    [InlineData("")]
    [InlineData("0xx")]
    [InlineData("6xx")]
    [InlineData("2x")]
    [InlineData("20x")]
    [InlineData("xxx")]
    [InlineData("099")]
    [InlineData("600")]
    [InlineData("20")]
    [InlineData("2000")]
    [InlineData(" 200")]
    [InlineData("+20")]
    [InlineData("299-200")]
    [InlineData("200-")]
    [InlineData("-200")]
    [InlineData("200-299-300")]
    [InlineData("2xx-3xx")]
    [InlineData("200,204")]
    [InlineData("\u0662\u0660\u0660")]
    public void StatusPatternBroken_Refused(string pattern) => ShouldBeRefused(
        "response_policy.success_statuses[1]",
        config => config.ResponsePolicy = new ResponsePolicy { SuccessStatuses = { "2xx", pattern } },
        "must be like \"2xx\"");

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(3_145_728, true)]
    [InlineData(-1, false)]
    [InlineData(3_145_729, false)]
    [InlineData(int.MaxValue, false)]
    [InlineData(int.MinValue, false)]
    public void MaxBodyBytes_UpTo3MiB(int bytes, bool accepted)
    {
        void Change(ActionConfig config) => config.ResponsePolicy = new ResponsePolicy { MaxBodyBytes = bytes };
        if (accepted)
            ShouldBeAccepted(Change);
        else
            ShouldBeRefused("response_policy.max_body_bytes", Change, "3145728");
    }

    [Fact]
    public void Results_NamesPathsAndDefaults()
    {
        ShouldBeRefused("results[0].variable", config => config.Selecting("", "$.a"));
        ShouldBeRefused("results[0].variable", config => config.Selecting("order-id", "$.a"));
        ShouldBeRefused("results[0].variable", config => config.Selecting(new string('a', 129), "$.a"), "at most 128");
        ShouldBeRefused("results[1].variable", config => config.Selecting("a", "$.a").Selecting("a", "$.b"), "a second time");
        ShouldBeAccepted(config => config.Selecting("a", "$.a").Selecting("A", "$.a"));
        ShouldBeRefused("results[0].json_path", config => config.Selecting("a", ""), "must start with '$'");
        ShouldBeRefused("results[0].json_path", config => config.Selecting("a", "$." + new string('a', 1_023)), "at most 1024");
        ShouldBeRefused(
            "results[0].default_value", config => config.Selecting("a", "$.a", otherwise: Value.ForNumber(double.NaN)), "NaN");
    }

    [Fact]
    public void ResultDefault_SmallAndFlatEnoughForAnEvent()
    {
        var deepest = Nested(30);
        ShouldBeAccepted(config => config.Selecting("a", "$.a", otherwise: deepest));
        ShouldBeRefused("results[0].default_value", config => config.Selecting("a", "$.a", otherwise: Nested(31)), "30 levels");
        ShouldBeRefused(
            "results[0].default_value",
            config => config.Selecting("a", "$.a", otherwise: Value.ForString(new string('x', 262_144))),
            "at most 262144");
    }

    [Fact]
    public void Numbers_Limited()
    {
        ShouldBeAccepted(config => AddResults(config, 128));
        ShouldBeRefused("results", config => AddResults(config, 129), "129 fields; at most 128");
        ShouldBeAccepted(config => config.ResponsePolicy = Statuses(100));
        ShouldBeRefused("response_policy.success_statuses", config => config.ResponsePolicy = Statuses(101), "at most 100");
    }

    private static Value Nested(int levels) => Enumerable.Range(0, levels).Aggregate(Value.ForNull(), (inner, _) => Value.ForList(inner));

    private static Dictionary<string, string> Labels(int count) => Enumerable.Range(0, count).ToDictionary(i => $"k{i}", _ => "");

    private static void AddResults(ActionConfig config, int count)
    {
        for (var i = 0; i < count; i++)
            config.Selecting($"v{i}", $"$[{i}]");
    }

    private static ResponsePolicy Statuses(int count) => new() { SuccessStatuses = { Enumerable.Repeat("2xx", count) } };
}
