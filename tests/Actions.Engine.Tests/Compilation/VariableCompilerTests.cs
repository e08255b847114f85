using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using static Actions.Engine.Tests.Compilation.Compiling;

namespace Actions.Engine.Tests.Compilation;

public sealed class VariableCompilerTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("_order.id2", true)]
    [InlineData("", false)]
    [InlineData("2a", false)]
    [InlineData("order-id", false)]
    [InlineData("order id", false)]
    [InlineData("\u00e4", false)]
    [InlineData("{a}", false)]
    public void Name_AsInPlaceholders(string name, bool accepted)
    {
        if (accepted)
            ShouldBeAccepted(config => config.Variables.Add(new Variable { Name = name }));
        else
            ShouldBeRefused("variables[0].name", config => config.Variables.Add(new Variable { Name = name }), "letters, digits, underscores and dots");
    }

    [Fact]
    public void NameDeclaredTwice_Refused()
    {
        ShouldBeRefused("variables[1].name", config => config.Variables.Add([new Variable { Name = "a" }, new Variable { Name = "a" }]), "a second time");
        ShouldBeAccepted(config => config.Variables.Add([new Variable { Name = "a" }, new Variable { Name = "A" }]));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(-1)]
    public void UnknownType_Refused(int type) => ShouldBeRefused(
        "variables[0].type", config => config.Variables.Add(new Variable { Name = "a", Type = (VariableType)type }));

    [Fact]
    public void WhatIsBeyondALimit_IsAViolation()
    {
        ShouldBeAccepted(config => config.Variables.Add(Variables(128)));
        ShouldBeRefused("variables", config => config.Variables.Add(Variables(129)), "129 variables; at most 128");
        ShouldBeAccepted(config => config.Variables.Add(new Variable { Name = new string('a', 128), Description = new string('x', 1_024) }));
        ShouldBeRefused("variables[0].name", config => config.Variables.Add(new Variable { Name = new string('a', 129) }), "at most 128");
        ShouldBeRefused(
            "variables[0].description",
            config => config.Variables.Add(new Variable { Name = "a", Description = new string('x', 1_025) }), "at most 1024");
        ShouldBeRefused(
            "variables[0].allowed_values",
            config => config.Variables.Add(new Variable { Name = "a", AllowedValues = { Enumerable.Repeat("x", 257) } }), "at most 256");
        ShouldBeRefused(
            "variables[0].default_value",
            config => config.Variables.Add(new Variable { Name = "a", DefaultValue = Value.ForString(new string('x', 262_144)) }), "at most 262144");
    }

    public static TheoryData<VariableType, Value, string?> Defaults => new()
    {
        { VariableType.String, Value.ForString(""), null },
        { VariableType.Number, Value.ForNumber(1.5), null },
        { VariableType.Number, Value.ForString("9007199254740993"), null },
        { VariableType.Integer, Value.ForNumber(2), null },
        { VariableType.Boolean, Value.ForBool(false), null },
        { VariableType.Json, Value.ForNull(), null },
        // Null is no value: as if there were no default.
        { VariableType.String, Value.ForNull(), null },
        { VariableType.String, new Value(), null },
        // As lenient as a call.
        { VariableType.String, Value.ForNumber(1), null },
        { VariableType.Boolean, Value.ForString("true"), null },
        { VariableType.Integer, Value.ForNumber(1.5), "expected an integer such as 3, got the number 1.5." },
        { VariableType.Integer, Value.ForString(""), "expected an integer such as 3, got an empty text." },
        { VariableType.Boolean, Value.ForString("on"), "expected true or false, got the text \"on\"." },
        { VariableType.Number, Value.ForNumber(double.NaN), "contains NaN or an infinity, which JSON can't express." },
    };

    [Theory]
    [MemberData(nameof(Defaults))]
    public void Default_FitsItsTypeOrIsRefused(VariableType type, Value value, string? refusal)
    {
        void Change(ActionConfig config) => config.Variables.Add(new Variable { Name = "a", Type = type, DefaultValue = value });
        if (refusal is null)
            ShouldBeAccepted(Change);
        else
            ShouldBeRefused("variables[0].default_value", Change, refusal);
    }

    [Fact]
    public void Default_OneOfTheAllowedValues()
    {
        ShouldBeAccepted(config => config.Variables.Add(
            new Variable { Name = "a", Type = VariableType.Integer, AllowedValues = { "1", "2" }, DefaultValue = Value.ForNumber(2) }));
        ShouldBeRefused(
            "variables[0].default_value",
            config => config.Variables.Add(new Variable { Name = "a", AllowedValues = { "en", "de" }, DefaultValue = Value.ForString("fr") }),
            "expected one of \"en\", \"de\", got the text \"fr\".");
    }

    [Fact]
    public void AllowedValue_FitsTheType()
    {
        ShouldBeAccepted(config => config.Variables.Add(
            new Variable { Name = "a", Type = VariableType.Boolean, AllowedValues = { "true" } }));
        ShouldBeRefused(
            "variables[0].allowed_values[1]",
            config => config.Variables.Add(
                new Variable { Name = "a", Type = VariableType.Integer, AllowedValues = { "1", "two" } }),
            "expected an integer such as 3, got the text \"two\".");
    }

    [Theory]
    [InlineData("https://api.example/{o}", true)]
    [InlineData("https://api.example/a/x-{o}?q=1", true)]
    [InlineData("https://api.example/a?q={o}", false)]
    [InlineData("https://api.example/a", false)]
    public void OptionalVariable_NotInThePath(string url, bool refused)
    {
        void Change(ActionConfig config)
        {
            config.Request.Url = url;
            config.Variables.Add(new Variable { Name = "o", Optional = true });
        }

        if (refused)
            ShouldBeRefused("request.url", Change, "has the optional variable 'o' in its path");
        else
            ShouldBeAccepted(Change);
    }

    private static IEnumerable<Variable> Variables(int count) =>
        Enumerable.Range(0, count).Select(i => new Variable { Name = $"v{i}" });
}
