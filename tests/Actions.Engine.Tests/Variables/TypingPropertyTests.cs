using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Actions.Engine.Limits;
using Actions.Engine.Templates;
using Actions.Engine.Variables;
using Actions.V1;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Variables;

/// <summary>Any value for any type: it is refused with words, or is of its type from then on.</summary>
public sealed class TypingPropertyTests
{
    private const int Runs = 3_000;

    private static readonly string[] Pieces =
    [
        "0", "1", "7", "12", "-", "+", ".", ",", "e", "E", " ", "\t", "\u00a0",
        "true", "False", "YES", "no", "null", "NaN", "\"", "\\",
        "[", "]", "{", "}", ":", "a", "\u0661", "\u202e", "\0", "\ud83d\ude00", "9007199254740993",
    ];

    private static Gen<Value> Texts { get; } =
        Gen.Elements(Pieces).ArrayOf().Select(pieces => Value.ForString(string.Concat(pieces.Take(8))));

    private static Gen<Value> Scalars { get; } = Gen.OneOf(
        Texts,
        ArbMap.Default.GeneratorFor<double>().Select(Value.ForNumber),
        ArbMap.Default.GeneratorFor<int>().Select(number => Value.ForNumber(number)),
        Gen.Elements(0.0, -0.0, 1, 5.5, 1e21, 1e-7, 9007199254740991, 9007199254740992, double.MaxValue, double.Epsilon)
            .Select(Value.ForNumber),
        Gen.Elements(true, false).Select(Value.ForBool),
        Gen.Constant(Value.ForNull()));

    private static Gen<Value> Values { get; } = Gen.OneOf(
        Scalars,
        Scalars.ArrayOf().Select(Value.ForList),
        Scalars.Select(value => Value.ForStruct(new Struct { Fields = { ["a"] = value } })),
        // The same once more as JSON text.
        Scalars.Where(value => !ValueRules.HasNonFiniteNumber(value)).ArrayOf()
            .Select(list => Value.ForString(JsonValue.ToText(Value.ForList(list)))));

    public static TheoryData<VariableType> Types => [.. System.Enum.GetValues<VariableType>()];

    [Theory]
    [MemberData(nameof(Types))]
    public void AnyValue_RefusedWithWordsOrConvertedForGood(VariableType type)
    {
        var variable = new VariablePlan("v", type, null, Sensitive: false, Optional: false, []);
        var declared = new Dictionary<string, VariablePlan> { ["v"] = variable }.ToFrozenDictionary();
        var binder = new VariableBinder(declared, ["v"], new EngineOptions());

        Check.One(Seeded.Runs(Runs), Prop.ForAll(Values.ToArbitrary(), value =>
        {
            if (Bind(binder, value, out var refusal) is not { } bound)
                return IsOfWords(refusal);

            var json = Json(bound);
            // The type's own value, and the value as it is shown, come to the same.
            return HasType(type, json)
                && Json(Bind(binder, Typing.Convert(type, value)!, out _)!) == json
                && (!IsReadBack(type, bound) || Json(Bind(binder, Value.ForString(bound.Text("v")), out _)!) == json);
        }));
    }

    [Fact]
    public void AnyValue_BoundTheSameBesideAReferenceToAMember()
    {
        var declared = new[]
        {
            new VariablePlan("a", VariableType.Integer, null, Sensitive: false, Optional: true, []),
            new VariablePlan("b", VariableType.Unspecified, Value.ForString("x"), Sensitive: false, Optional: false, []),
            new VariablePlan("c.d", VariableType.Number, null, Sensitive: true, Optional: false, []),
        }.ToFrozenDictionary(variable => variable.Name);
        var plain = new VariableBinder(declared, ["a", "c.d", "e"], new EngineOptions());
        var withMember = new VariableBinder(declared, ["a", "c.d", "e", "f.g"], new EngineOptions());
        var brought = Gen.Elements("a", "b", "c", "c.d", "e").Zip(Values).ArrayOf()
            .Select(pairs => pairs.DistinctBy(pair => pair.Item1).ToDictionary(pair => pair.Item1, pair => pair.Item2));

        Check.One(Seeded.Runs(Runs), Prop.ForAll(brought.ToArbitrary(), values =>
        {
            var member = Value.ForStruct(new Struct { Fields = { ["g"] = Value.ForNumber(1) } });
            Told(withMember, new(values) { ["f"] = member }).ShouldBe(Told(plain, values));
        }));
    }

    private static List<string> Told(VariableBinder binder, Dictionary<string, Value> values)
    {
        try
        {
            var bound = binder.Bind(values);
            return [.. new[] { "a", "b", "c.d", "e" }.Select(name => $"{bound.Has(name)} {bound.Text(name)}")];
        }
        catch (InvalidFieldsException e)
        {
            return [.. e.Violations.Select(violation => violation.ToString()).Order(StringComparer.Ordinal)];
        }
    }

    [Fact]
    public void AnyValue_NeverLongerThanItsBound()
    {
        foreach (var form in System.Enum.GetValues<ValueForm>())
        {
            Check.One(Seeded.Runs(Runs), Prop.ForAll(Values.ToArbitrary(), value =>
            {
                var bound = Bound.Values(("v", value));
                return ValueRules.HasNonFiniteNumber(value)
                    || form.Write(bound, "v").Length <= form.LongestText(bound.LongestText("v"));
            }));
        }
    }

    private static VariableValues? Bind(VariableBinder binder, Value value, out string refusal)
    {
        try
        {
            refusal = "";
            return binder.Bind(new Dictionary<string, Value> { ["v"] = value });
        }
        catch (InvalidFieldsException e)
        {
            refusal = e.Violations.ShouldHaveSingleItem().Description;
            return null;
        }
    }

    // A JSON value has other texts. So has an integer from 1e21, which isn't read with an exponent.
    private static bool IsReadBack(VariableType type, VariableValues bound) => type != VariableType.Json
        && (type != VariableType.Integer || !bound.Text("v").Contains('e', StringComparison.Ordinal));

    private static bool IsOfWords(string refusal) =>
        Regex.IsMatch(refusal, "^(expected (a|an|true) .*, got .*|has no value; .*|contains NaN .*)\\.$")
        && refusal.Length < 250
        && !refusal.Any(c => char.IsControl(c) || c == '\u202e');

    private static string Json(VariableValues values)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
            values.WriteJson(writer, "v");
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static bool HasType(VariableType type, string json)
    {
        using var document = JsonDocument.Parse(json);
        return type switch
        {
            VariableType.Json => true,
            VariableType.Number => document.RootElement.ValueKind == JsonValueKind.Number,
            VariableType.Integer => Regex.IsMatch(json, @"^-?[0-9.]+(e\+[0-9]+)?$"),
            VariableType.Boolean => document.RootElement.ValueKind is JsonValueKind.True or JsonValueKind.False,
            _ => document.RootElement.ValueKind == JsonValueKind.String,
        };
    }
}
