using System.Text.Json;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>The values that one execution's templates are rendered with.</summary>
internal sealed class VariableValues(IReadOnlyDictionary<string, Value> values, IReadOnlySet<string> numeric)
{
    public static VariableValues None { get; } = new(new Dictionary<string, Value>(), new HashSet<string>());

    /// <summary>An empty text for each of the names.</summary>
    public static VariableValues Empty(IEnumerable<string> names) =>
        new(names.Distinct().ToDictionary(name => name, _ => Value.ForString("")), new HashSet<string>());

    /// <summary>The variable's text in a template: a string as it is, any other value as JSON, empty for
    /// null.</summary>
    public string Text(string name) => values.TryGetValue(name, out var value) ? JsonValue.ToText(value) : "";

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

    /// <summary>These values and the result fields of a response. A name without a value renders as empty
    /// text.</summary>
    public VariableValues With(IReadOnlyDictionary<string, Value> answer)
    {
        var all = new Dictionary<string, Value>(values, StringComparer.Ordinal);
        foreach (var (name, value) in answer)
            all[name] = value;
        return new VariableValues(all, numeric);
    }

    /// <summary>The texts by which the values of the <paramref name="names"/> can be recognized.</summary>
    /// <param name="withMembers">The names of an object's members count as well.</param>
    public IEnumerable<string> Texts(IEnumerable<string> names, bool withMembers) =>
        names.Select(name => values.GetValueOrDefault(name)).OfType<Value>()
            .SelectMany(value => IdentifyingTexts.Of(value, withMembers));

    /// <summary>These values with each of the <paramref name="names"/> masked, for a request that is shown.</summary>
    public VariableValues Mask(IReadOnlySet<string> names, string mask) =>
        names.Count == 0
            ? this
            : new VariableValues(
                values.ToDictionary(pair => pair.Key, pair => names.Contains(pair.Key) ? Value.ForString(mask) : pair.Value),
                numeric.Except(names).ToHashSet(StringComparer.Ordinal));
}
