using Actions.Engine.Limits;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Variables;

/// <summary>Binding as a call meets it: everything wrong is named at once, before anything is sent.</summary>
public sealed class VariableBinderTests : IDisposable
{
    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    public static TheoryData<VariableType, Value, string> UnfitValues => new()
    {
        { VariableType.Unspecified, Value.ForList(), "expected a text, got a list." },
        { VariableType.String, Value.ForStruct(new Struct()), "expected a text, got an object." },
        {
            VariableType.String, Value.ForNumber(12345678901234567890),
            "expected a text, got the number 12345678901234567000; "
            + "send it in quotes, because a number of so many digits may have lost some."
        },
        { VariableType.Number, Value.ForString("three"), "expected a number such as 2.5, got the text \"three\"." },
        { VariableType.Number, Value.ForString(" "), "expected a number such as 2.5, got an empty text." },
        { VariableType.Number, Value.ForBool(true), "expected a number such as 2.5, got true." },
        { VariableType.Number, Value.ForNumber(double.NaN), "contains NaN or an infinity, which JSON can't express." },
        { VariableType.Integer, Value.ForNumber(5.5), "expected an integer such as 3, got the number 5.5." },
        { VariableType.Integer, Value.ForString("1,000"), "expected an integer such as 3, got the text \"1,000\"." },
        {
            VariableType.Integer, Value.ForString("a \"b\" \\ c"),
            "expected an integer such as 3, got the text \"a \\\"b\\\" \\\\ c\"."
        },
        {
            VariableType.Integer, Value.ForString("\u001b[2J\r\n\u202e"),
            "expected an integer such as 3, got the text \"\\u{1b}[2J\\u{d}\\u{a}\\u{202e}\"."
        },
        {
            VariableType.Integer, Value.ForString(new string('x', 9_000)),
            $"expected an integer such as 3, got the text \"{new string('x', 40)}…\"."
        },
        { VariableType.Integer, Value.ForNumber(double.PositiveInfinity), "contains NaN or an infinity, which JSON can't express." },
        { VariableType.Boolean, Value.ForString("maybe"), "expected true or false, got the text \"maybe\"." },
        { VariableType.Boolean, Value.ForNumber(2), "expected true or false, got the number 2." },
        { VariableType.Json, Value.ForList(Value.ForNumber(double.NaN)), "contains NaN or an infinity, which JSON can't express." },
        {
            VariableType.Json, Value.ForString("[\"\\ud800\"]"),
            "has a string that isn't Unicode text (half a surrogate pair)."
        },
        {
            VariableType.Json, Value.ForString(new string('[', 31) + new string(']', 31)),
            "is nested too deeply for a variable; select a value inside it."
        },
    };

    [Theory]
    [MemberData(nameof(UnfitValues))]
    public void ValueThatDoesNotFit_RefusedWithWords(VariableType type, Value value, string refusal) =>
        Told(new Variable { Name = "v", Type = type }, value).ShouldBe(refusal);

    [Fact]
    public void ValueOfASensitiveVariable_NeverQuoted()
    {
        Told(new Variable { Name = "v", Type = VariableType.Integer, Sensitive = true }, Value.ForString("s3cret"))
            .ShouldBe("expected an integer such as 3, got a text.");
        Told(new Variable { Name = "v", Type = VariableType.Boolean, Sensitive = true }, Value.ForNumber(4711))
            .ShouldBe("expected true or false, got a number.");
        Told(new Variable { Name = "v", Sensitive = true, AllowedValues = { "a" } }, Value.ForString("s3cret"))
            .ShouldBe("expected one of \"a\", got a text.");
    }

    [Fact]
    public void ValueInAText_NotInTheExceptionsMessageWhichIsLogged()
    {
        var config = Declaring(new Variable { Name = "v", Type = VariableType.Integer });

        Should.Throw<InvalidFieldsException>(() => _engine.Execute(config, Configs.Values(("v", "s3cret"))))
            .Message.ShouldBe("variables.v expected an integer such as 3, got a text.");
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

    public static TheoryData<VariableType, string, Value, string?> AllowedValues => new()
    {
        { VariableType.Integer, "1 22", Value.ForNumber(22), "22" },
        { VariableType.Integer, "1 22", Value.ForString("+22.0"), "22" },
        { VariableType.Integer, "1 022", Value.ForNumber(22), "22" },
        { VariableType.Integer, "1 22", Value.ForNumber(2), null },
        { VariableType.Number, "0.50 2", Value.ForNumber(0.5), "0.50" },
        { VariableType.Number, "0.5 2e0", Value.ForString(".5"), "0.5" },
        { VariableType.Number, "1", Value.ForString("1e99999999999999999999"), null },
        { VariableType.Boolean, "true", Value.ForString("YES"), "true" },
        { VariableType.Boolean, "true", Value.ForNumber(0), null },
        { VariableType.String, "DE en", Value.ForString("de"), "\"DE\"" },
        { VariableType.String, "DE de", Value.ForString("de"), "\"de\"" },
        { VariableType.String, "DE en", Value.ForString(" En "), "\"en\"" },
        { VariableType.String, "DE en", Value.ForString("fr"), null },
        { VariableType.String, "1 2", Value.ForNumber(2), "\"2\"" },
        { VariableType.Json, "[1,2] x", Value.ForString("[1, 2]"), "[1,2]" },
        { VariableType.Json, "5 x", Value.ForNumber(5), "5" },
        { VariableType.Json, "5 x", Value.ForString("X"), null },
    };

    [Theory]
    [MemberData(nameof(AllowedValues))]
    public async Task AllowedValue_InItsOwnSpelling(VariableType type, string allowed, Value value, string? json)
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var variable = new Variable { Name = "v", Type = type, AllowedValues = { allowed.Split(' ') } };
        if (json is null)
        {
            Told(variable, value).ShouldStartWith("expected one of ");
            return;
        }

        var config = Declaring(variable);
        config.Request = new HttpRequest { Method = V1.HttpMethod.Post, Url = upstream.Url, JsonBody = """["{v}"]""" };
        await _engine.ResultAsync(config, Values(("v", value)));

        (await upstream.NextRequestAsync(_engine.Token)).Text.ShouldBe($"[{json}]");
    }

    [Fact]
    public void ManyAllowedValues_NamedAsFarAsTheyFit()
    {
        var variable = new Variable { Name = "v" };
        variable.AllowedValues.Add(Enumerable.Range(0, 256).Select(i => $"value {i}"));

        Told(variable, Value.ForString("x"))
            .ShouldMatch("""^expected one of "value 0", "value 1", .*"value 9", …, got the text "x"\.$""");
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

    private string Told(Variable variable, Value value)
    {
        var violation = Refused(Declaring(variable), Values(("v", value))).ShouldHaveSingleItem();
        violation.Field.ShouldBe("variables.v");
        return violation.Description;
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
