using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using static Actions.Engine.Tests.Compilation.Compiling;

namespace Actions.Engine.Tests.Compilation;

/// <summary>What counts as success, and which fields are kept.</summary>
public sealed class ResponsePolicyTests
{
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

    private static Value Nested(int levels) =>
        Enumerable.Range(0, levels).Aggregate(Value.ForNull(), (inner, _) => Value.ForList(inner));

    private static void AddResults(ActionConfig config, int count)
    {
        for (var i = 0; i < count; i++)
            config.Selecting($"v{i}", $"$[{i}]");
    }

    private static ResponsePolicy Statuses(int count) =>
        new() { SuccessStatuses = { Enumerable.Repeat("2xx", count) } };
}
