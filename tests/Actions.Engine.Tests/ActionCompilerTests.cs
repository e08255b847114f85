using Actions.Engine.Limits;
using Actions.Engine.Tests.Outbound.Guard;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using static Actions.Engine.Tests.Compilation.Compiling;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests;

/// <summary>What may be saved. Requests and variables have tests of their own, under Compilation/.</summary>
public sealed class ActionCompilerTests
{
    [Fact]
    public void UnknownChoices_NamedWithTheirFields()
    {
        var violations = Violations(config =>
        {
            config.Duplicates = (Duplicates)9;
            config.OnUnknownOutcome = (UnknownOutcome)9;
            config.OnInterruption = (OnInterruption)9;
        });

        violations.Select(violation => violation.Field)
            .ShouldBe(["duplicates", "on_unknown_outcome", "on_interruption"]);
        Violations(config => config.Duplicates = Duplicates.OncePerCall).ShouldBeEmpty();
    }

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
        var refused = Should.Throw<InvalidFieldsException>(() => new ActionCompiler(new EngineOptions(), Guards.Local).Compile(new ActionConfig(), "draft"));

        refused.Violations.Select(violation => violation.Field).ShouldBe(["draft.name", "draft.request"]);
        refused.Message.ShouldBe("draft.name must have 1 to 64 characters. draft.request is required.");
    }

    [Fact]
    public void EverythingUsed_Accepted()
    {
        var plan = new ActionCompiler(new EngineOptions(), Guards.Local).Compile(
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
        var plan = new ActionCompiler(new EngineOptions(), Guards.Local).Compile(Configs.Get("http://h"), Root);

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

    private static Dictionary<string, string> Labels(int count) =>
        Enumerable.Range(0, count).ToDictionary(i => $"k{i}", _ => "");
}
