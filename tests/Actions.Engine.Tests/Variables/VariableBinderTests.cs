using Actions.Engine.Limits;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Variables;

/// <summary>Binding as a call meets it: everything wrong is named at once, before anything is sent.</summary>
public sealed class VariableBinderTests : IDisposable
{
    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    public static TheoryData<VariableType, Value, string?> TypedValues => new()
    {
        { VariableType.Unspecified, Value.ForString("x"), null },
        { VariableType.Unspecified, Value.ForNumber(1), "must be a string, not a number." },
        { VariableType.String, Value.ForString(""), null },
        { VariableType.String, Value.ForBool(true), "must be a string, not a boolean." },
        { VariableType.String, Value.ForList(), "must be a string, not a list." },
        { VariableType.String, Value.ForStruct(new Struct()), "must be a string, not an object." },
        { VariableType.Number, Value.ForNumber(1.5), null },
        { VariableType.Number, Value.ForString("1.5"), null },
        { VariableType.Number, Value.ForString("1e400"), null },
        { VariableType.Number, Value.ForString("9007199254740993"), null },
        { VariableType.Number, Value.ForString("-0"), null },
        { VariableType.Number, Value.ForString(""), "must be a number, not a string." },
        { VariableType.Number, Value.ForString(" 1"), "must be a number, not a string." },
        { VariableType.Number, Value.ForString("1\n"), "must be a number, not a string." },
        { VariableType.Number, Value.ForString("01"), "must be a number, not a string." },
        { VariableType.Number, Value.ForString("+1"), "must be a number, not a string." },
        { VariableType.Number, Value.ForString("1."), "must be a number, not a string." },
        { VariableType.Number, Value.ForString("1,\"x\":2"), "must be a number, not a string." },
        { VariableType.Number, Value.ForString("true"), "must be a number, not a string." },
        { VariableType.Number, Value.ForString("NaN"), "must be a number, not a string." },
        { VariableType.Number, Value.ForString("\u0661"), "must be a number, not a string." },
        { VariableType.Number, Value.ForNumber(double.NaN), "contains NaN or an infinity, which JSON can't express." },
        { VariableType.Integer, Value.ForNumber(-3), null },
        { VariableType.Integer, Value.ForNumber(1.5), "must be an integer, not a number." },
        { VariableType.Integer, Value.ForNumber(double.PositiveInfinity), "contains NaN or an infinity, which JSON can't express." },
        { VariableType.Integer, Value.ForString("-12345678901234567890"), null },
        { VariableType.Integer, Value.ForString("0"), null },
        { VariableType.Integer, Value.ForString("1e2"), "must be an integer, not a string." },
        { VariableType.Integer, Value.ForString("1.0"), "must be an integer, not a string." },
        { VariableType.Integer, Value.ForString("007"), "must be an integer, not a string." },
        { VariableType.Integer, Value.ForString("--1"), "must be an integer, not a string." },
        { VariableType.Integer, Value.ForString("-"), "must be an integer, not a string." },
        { VariableType.Boolean, Value.ForBool(false), null },
        { VariableType.Boolean, Value.ForString("true"), "must be true or false, not a string." },
        { VariableType.Boolean, Value.ForNumber(1), "must be true or false, not a number." },
        { VariableType.Json, Value.ForNull(), null },
        { VariableType.Json, Value.ForStruct(new Struct()), null },
        { VariableType.Json, Value.ForList(Value.ForNumber(double.NaN)), "contains NaN or an infinity, which JSON can't express." },
    };

    [Theory]
    [MemberData(nameof(TypedValues))]
    public void Value_FitsItsTypeOrIsRefused(VariableType type, Value value, string? refusal)
    {
        var config = Declaring(new Variable { Name = "v", Type = type });

        if (refusal is null)
            Should.NotThrow(() => _engine.Execute(config, Values(("v", value))));
        else
            Refused(config, Values(("v", value))).ShouldBe([new FieldViolation("variables.v", refusal)]);
    }

    [Fact]
    public void MissingOnes_AllNamed()
    {
        var config = Configs.Get("http://h/{a}?q={b}");
        config.Request.Headers.Add(new Header { Name = "X", Value = "{c.d}" });
        config.Request.JsonBody = """["{e}"]""";
        config.Messages = new Messages { FailureMessage = "{f}" };
        config.Variables.Add(new Variable { Name = "declared_only" });
        config.Variables.Add(new Variable { Name = "with_default", DefaultValue = Value.ForString("x") });

        var refused = Refused(config, Values(("b", Value.ForString("here"))));

        refused.Select(violation => violation.Field).Order(StringComparer.Ordinal).ShouldBe(
            ["variables.a", "variables.c.d", "variables.declared_only", "variables.e", "variables.f"]);
        refused.ShouldAllBe(violation => violation.IsMissingVariable);
    }

    [Fact]
    public void MissingAndUnfitOnes_NamedTogether()
    {
        var config = Declaring(new Variable { Name = "n", Type = VariableType.Number });
        config.Request.Url = "http://h/{gone}";

        Refused(config, Values(("n", Value.ForBool(true))))
            .Select(violation => (violation.Field, violation.IsMissingVariable))
            .ShouldBe([("variables.n", false), ("variables.gone", true)], ignoreOrder: true);
    }

    [Fact]
    public void NullOrUnset_CountsAsMissingWhereItIsDeclared()
    {
        var config = Declaring(new Variable { Name = "v" });

        foreach (var nothing in new[] { Value.ForNull(), new Value() })
            Refused(config, Values(("v", nothing))).ShouldHaveSingleItem().IsMissingVariable.ShouldBeTrue();
    }

    [Fact]
    public void AllowedValues_OnlyThese()
    {
        var config = Declaring(new Variable { Name = "v", Type = VariableType.Integer, AllowedValues = { "1", "22" } });

        Should.NotThrow(() => _engine.Execute(config, Values(("v", Value.ForNumber(22)))));
        Should.NotThrow(() => _engine.Execute(config, Values(("v", Value.ForString("22")))));
        Refused(config, Values(("v", Value.ForNumber(2)))).ShouldBe([new FieldViolation("variables.v", "must be one of: 1, 22.")]);
    }

    [Fact]
    public void ValueTooLarge_Refused()
    {
        var limit = new EngineOptions().MaxVariableBytes;
        var config = Declaring(new Variable { Name = "v" });

        // A string's own tag and length take 4 bytes.
        Should.NotThrow(() => _engine.Execute(config, Values(("v", Value.ForString(new string('x', limit - 4))))));
        Refused(config, Values(("v", Value.ForString(new string('x', limit)))))
            .ShouldBe([new FieldViolation("variables.v", $"has {limit + 4} bytes; at most {limit} are allowed.")]);
    }

    [Fact]
    public void MoreValuesThanTheLimit_Refused()
    {
        var limit = new EngineOptions().MaxVariables;
        var values = Enumerable.Range(0, limit + 1).ToDictionary(i => $"v{i}", i => Value.ForNumber(i));

        Refused(Configs.Get("http://h/"), values).ShouldHaveSingleItem().Field.ShouldBe("variables");
        values.Remove("v0");
        Should.NotThrow(() => _engine.Execute(Configs.Get("http://h/"), values));
    }

    [Theory]
    [InlineData("URL")]
    [InlineData("header")]
    [InlineData("body")]
    public void ValuesThatMakeTheRequestTooLarge_Refused(string place)
    {
        var config = Configs.With(V1.HttpMethod.Post, place == "URL" ? "http://h/{v}" : "http://h/");
        if (place == "header")
            config.Request.Headers.Add(new Header { Name = "X", Value = "{v}" });
        if (place == "body")
            config.Request.JsonBody = "[\"{v}{v}{v}{v}{v}\"]";

        var refused = Refused(config, Values(("v", Value.ForString(new string('x', 250_000))))).ShouldHaveSingleItem();

        refused.Field.ShouldBe("variables");
        refused.Description.ShouldContain(place);
    }

    [Fact]
    public async Task CallTimeValue_OverTheDefault()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var config = Configs.With(V1.HttpMethod.Post, upstream.Url);
        config.Request.JsonBody = """["{a}","{b}","{c}","{d}"]""";
        foreach (var name in new[] { "a", "b", "c" })
            config.Variables.Add(new Variable { Name = name, DefaultValue = Value.ForString("default") });
        config.Variables.Add(new Variable { Name = "d", Type = VariableType.Json, DefaultValue = Value.ForNull() });

        await _engine.ResultAsync(config, Values(("b", Value.ForString("brought")), ("c", Value.ForNull()), ("other", Value.ForBool(true))));

        (await upstream.NextRequestAsync(_engine.Token)).Text.ShouldBe("""["default","brought","default",null]""");
    }

    [Fact]
    public async Task BigNumberBroughtAsText_WrittenAsANumber()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var config = Declaring(new Variable { Name = "v", Type = VariableType.Number });
        config.Request = new HttpRequest { Method = V1.HttpMethod.Post, Url = upstream.Url, JsonBody = """{"v":"{v}"}""" };

        await _engine.ResultAsync(config, Values(("v", Value.ForString("9007199254740993"))));

        (await upstream.NextRequestAsync(_engine.Token)).Text.ShouldBe("""{"v":9007199254740993}""");
    }

    private static ActionConfig Declaring(Variable variable)
    {
        var config = Configs.Get("http://h/");
        config.Variables.Add(variable);
        return config;
    }

    private static Dictionary<string, Value> Values(params (string Name, Value Value)[] values) =>
        values.ToDictionary(pair => pair.Name, pair => pair.Value);

    private IEnumerable<FieldViolation> Refused(ActionConfig config, Dictionary<string, Value> values) =>
        Should.Throw<InvalidFieldsException>(() => _engine.Execute(config, values)).Violations;
}
