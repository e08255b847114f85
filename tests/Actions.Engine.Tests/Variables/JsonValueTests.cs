using System.Globalization;
using System.Text.Json;
using Actions.Engine.Variables;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Variables;

public sealed class JsonValueTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("7", 7)]
    [InlineData("-1", -1)]
    [InlineData("0.1", 0.1)]
    [InlineData("1.10", 1.1)]
    [InlineData("1.000", 1)]
    [InlineData("1E2", 100)]
    [InlineData("1e+2", 100)]
    [InlineData("100e-2", 1)]
    [InlineData("0.000001e6", 1)]
    [InlineData("0e99999999999999999999", 0)]
    [InlineData("0.00", 0)]
    [InlineData("-0.5", -0.5)]
    [InlineData("3.141592653589793", 3.141592653589793)]
    [InlineData("9007199254740991", 9007199254740991)]
    [InlineData("9007199254740992", 9007199254740992)]
    [InlineData("9007199254740994", 9007199254740994)]
    [InlineData("1e22", 1e22)]
    [InlineData("1.7976931348623157e308", 1.7976931348623157e308)]
    [InlineData("5e-324", 5e-324)]
    public void NumberThatADoubleHolds_IsANumber(string json, double number) =>
        Read(json).ShouldBe(Value.ForNumber(number));

    [Theory]
    [InlineData("9007199254740993")]
    [InlineData("-9007199254740993")]
    [InlineData("12345678901234567890")]
    [InlineData("0.1000000000000000055511151231257827")]
    [InlineData("3.14159265358979323846")]
    [InlineData("1e400")]
    [InlineData("-1E400")]
    [InlineData("1e-400")]
    [InlineData("1e99999999999999999999")]
    [InlineData("1e-99999999999999999999")]
    [InlineData("4e-324")]
    public void NumberThatADoubleCantHold_IsItsText(string json) => Read(json).ShouldBe(Value.ForString(json));

    [Fact]
    public void NumberOfFifteenDigits_PrintsAsItWasWritten()
    {
        var random = new SeededNumbers(FuzzRun.Seed);
        for (var i = 0; i < 20_000; i++)
        {
            var digits = string.Concat(Enumerable.Range(0, random.Next(1, 16)).Select(_ => random.Next(10)));
            var point = random.Next(digits.Length + 1);
            var whole = digits[..point].TrimStart('0');
            var json = (random.Next(2) == 0 ? "-" : "") + (whole.Length == 0 ? "0" : whole)
                + (point < digits.Length ? "." + digits[point..] : "");

            var value = Read(json);

            value.KindCase.ShouldBe(Value.KindOneofCase.NumberValue, json);
            NumberText.Normalize(value.NumberValue.ToString("R", CultureInfo.InvariantCulture))
                .ShouldBe(NumberText.Normalize(json), json);
        }
    }

    [Fact]
    public void NegativeZero_KeepsItsSign() => double.IsNegative(Read("-0").NumberValue).ShouldBeTrue();

    [Fact]
    public void NumbersInsideListsAndObjects_ReadInTheSameWay() =>
        Read("""[9007199254740993,{"a":1.10}]""").ShouldBe(Value.ForList(
            Value.ForString("9007199254740993"), Value.ForStruct(new Struct { Fields = { ["a"] = Value.ForNumber(1.1) } })));

    [Fact]
    public void NumberOfAMillionDigits_ReadInLinearTime()
    {
        var digits = new string('9', 1_000_000);

        Read(digits).ShouldBe(Value.ForString(digits));
    }

    [Theory]
    [InlineData("\"text\"", "text")]
    [InlineData("\"\"", "")]
    [InlineData("null", "")]
    [InlineData("true", "true")]
    [InlineData("false", "false")]
    [InlineData("4711", "4711")]
    [InlineData("-0.5", "-0.5")]
    [InlineData("9007199254740992", "9007199254740992")]
    [InlineData("1e20", "100000000000000000000")]
    [InlineData("12345678901234567000", "12345678901234567000")]
    [InlineData("1e21", "1e+21")]
    [InlineData("-1.5e22", "-1.5e+22")]
    [InlineData("0.1", "0.1")]
    [InlineData("123.456", "123.456")]
    [InlineData("0.000001", "0.000001")]
    [InlineData("-0.0000125", "-0.0000125")]
    [InlineData("1e-7", "1e-7")]
    [InlineData("1.25e-9", "1.25e-9")]
    [InlineData("5e-324", "5e-324")]
    [InlineData("1.0", "1")]
    [InlineData("-0", "0")]
    [InlineData("[1, \"a\", null]", "[1,\"a\",null]")]
    [InlineData("{\"a\": {\"b\": \"\u00e4<>&'\"}}", "{\"a\":{\"b\":\"\u00e4<>&'\"}}")]
    public void Text_StringAsItIsAndTheRestAsJson(string json, string text) =>
        JsonValue.ToText(Read(json)).ShouldBe(text);

    [Fact]
    public void NothingSet_IsNoText() => JsonValue.ToText(new Value()).ShouldBe("");

    [Fact]
    public void Text_TheSameInEveryCulture()
    {
        var before = CultureInfo.CurrentCulture;
        var other = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        other.NumberFormat.NumberDecimalSeparator = ",";
        other.NumberFormat.NegativeSign = "~";
        CultureInfo.CurrentCulture = other;
        try
        {
            JsonValue.ToText(Read("-1234.5")).ShouldBe("-1234.5");
            Read("-9007199254740993.5").ShouldBe(Value.ForString("-9007199254740993.5"));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData(double.NaN, true)]
    [InlineData(double.PositiveInfinity, true)]
    [InlineData(double.NegativeInfinity, true)]
    [InlineData(double.MaxValue, false)]
    [InlineData(0, false)]
    public void NonFiniteNumber_FoundAtAnyDepth(double number, bool found)
    {
        var value = Value.ForNumber(number);

        ValueRules.HasNonFiniteNumber(value).ShouldBe(found);
        ValueRules.HasNonFiniteNumber(Value.ForList(Value.ForNull(), value)).ShouldBe(found);
        ValueRules.HasNonFiniteNumber(Value.ForStruct(new Struct { Fields = { ["a"] = Value.ForList(value) } })).ShouldBe(found);
    }

    [Fact]
    public void DuplicateNames_LastOneWins() => Read("""{"a":1,"a":2}""").StructValue.Fields["a"].ShouldBe(Value.ForNumber(2));

    private static Value Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return JsonValue.From(document.RootElement, maxDepth: 30);
    }
}
