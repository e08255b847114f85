using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Actions.Engine.Limits;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>The values that one execution's templates are rendered with.</summary>
/// <param name="numeric">The variables that are declared as numbers.</param>
/// <param name="sensitive">The variables whose values are masked, and the placeholders of their members.</param>
internal sealed class VariableValues(
    IReadOnlyDictionary<string, Value> values, IReadOnlySet<string> numeric, IReadOnlySet<string> sensitive)
{
    private static readonly FrozenSet<string> NoNames = [];

    public static VariableValues None { get; } = new(new Dictionary<string, Value>(), NoNames, NoNames);

    /// <summary>An empty list for each of the names: no text, and no parameter of its own.</summary>
    public static VariableValues Empty(IEnumerable<string> names) =>
        new(names.Distinct().ToDictionary(name => name, _ => Value.ForList()), NoNames, NoNames);

    public IEnumerable<string> Names => values.Keys;

    /// <summary>
    /// Whether the variable has a value. Only an optional variable, or a result field, may have none.
    /// </summary>
    public bool Has(string name) => values.ContainsKey(name);

    /// <summary>
    /// The variable's text in a template: a string as it is, a list's elements separated by ", ", an object as JSON,
    /// empty for null and for no value.
    /// </summary>
    public string Text(string name) => values.TryGetValue(name, out var value) ? ListText.Of(value) : "";

    /// <summary>A number of characters that <see cref="Text"/> doesn't exceed, without making the text. The largest of
    /// all for a list or an object.</summary>
    public int LongestText(string name) => !values.TryGetValue(name, out var value) ? 0 : value.KindCase switch
    {
        Value.KindOneofCase.StringValue => value.StringValue.Length,
        Value.KindOneofCase.ListValue or Value.KindOneofCase.StructValue => int.MaxValue,
        _ => NumberText.MaxLength,
    };

    /// <summary>The texts of a list's elements, or the one text of any other value; none for null and for no
    /// value.</summary>
    public IEnumerable<string> Elements(string name) =>
        values.TryGetValue(name, out var value) ? ListText.Elements(value) : [];

    /// <summary>Whether there is at least one of <see cref="Elements"/>.</summary>
    public bool HasElements(string name) => values.TryGetValue(name, out var value)
        && (value.KindCase == Value.KindOneofCase.ListValue ? value.ListValue.Values.Count > 0 : !ListText.IsNull(value));

    /// <summary>Refuses values for which only JSON has words.</summary>
    /// <param name="names">The variables of a template.</param>
    /// <param name="place">Where JSON can't stand.</param>
    /// <param name="violations">Receives one for each of them.</param>
    public void RefuseNested(ImmutableArray<string> names, string place, Violations violations)
    {
        foreach (var name in names)
        {
            if (values.TryGetValue(name, out var value) && ListText.NestedKind(value) is { } kind)
                violations.Add(
                    $"variables.{name}",
                    $"is {kind}, which {place} can't carry; send a text, a number, or a list of them.");
        }
    }

    /// <summary>Whether it is a list or an object.</summary>
    public bool IsComposite(string name) =>
        values.GetValueOrDefault(name)?.KindCase is Value.KindOneofCase.ListValue or Value.KindOneofCase.StructValue;

    /// <summary>
    /// The variable's own JSON value. A number that a double can't hold comes as a string; for a variable declared as
    /// a number its digits are written.
    /// </summary>
    public void WriteJson(Utf8JsonWriter writer, string name)
    {
        var value = values[name];
        if (value.KindCase == Value.KindOneofCase.StringValue && numeric.Contains(name))
            writer.WriteRawValue(value.StringValue);
        else
            JsonValue.Write(writer, value);
    }

    /// <summary>The variable's own JSON value, as <see cref="WriteJson"/> writes it.</summary>
    public string Json(string name) => values.ContainsKey(name)
        ? Encoding.UTF8.GetString(
            JsonOutput.Write((Values: this, Name: name), static (writer, one) => one.Values.WriteJson(writer, one.Name)))
        : "null";

    /// <summary>The value as it identifies an execution: a declared number in one notation, however it came. Null: it
    /// has none.</summary>
    public Value? Identifying(string name)
    {
        var value = values.GetValueOrDefault(name);
        return value is { KindCase: Value.KindOneofCase.StringValue } && numeric.Contains(name)
            ? NumberText.ToValue(value.StringValue)
            : value;
    }

    /// <summary>These values and the result fields of a response. A name without a value renders as empty
    /// text.</summary>
    public VariableValues With(IReadOnlyDictionary<string, Value> answer)
    {
        var all = new Dictionary<string, Value>(values, StringComparer.Ordinal);
        foreach (var (name, value) in answer)
            all[name] = value;
        return new VariableValues(all, numeric, sensitive);
    }

    /// <summary>The texts by which the sensitive values can be recognized.</summary>
    /// <param name="withMembers">The names of an object's members count as well.</param>
    public IEnumerable<string> SensitiveTexts(bool withMembers) =>
        sensitive.Select(name => values.GetValueOrDefault(name)).OfType<Value>()
            .SelectMany(value => IdentifyingTexts.Of(value, withMembers));

    /// <summary>
    /// These values with each sensitive one masked, for a request that is shown. A list stays one, so that the request
    /// keeps its form.
    /// </summary>
    public VariableValues MaskSensitive(string mask) =>
        sensitive.Count == 0
            ? this
            : new VariableValues(
                values.ToDictionary(
                    pair => pair.Key, pair => sensitive.Contains(pair.Key) ? Mask(pair.Value, mask) : pair.Value),
                numeric.Except(sensitive).ToHashSet(StringComparer.Ordinal),
                sensitive);

    private static Value Mask(Value value, string mask) => value.KindCase switch
    {
        Value.KindOneofCase.NullValue => value,
        Value.KindOneofCase.ListValue when value.ListValue.Values.Count == 0 => value,
        Value.KindOneofCase.ListValue => Value.ForList(Value.ForString(mask)),
        _ => Value.ForString(mask),
    };
}
