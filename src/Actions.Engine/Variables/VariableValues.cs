using System.Text.Json;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>The values that one execution's templates are rendered with: every name they refer to has one.</summary>
internal sealed class VariableValues(IReadOnlyDictionary<string, Value> values, IReadOnlySet<string> numeric)
{
    /// <summary>What stands in a text for the variable: a string as it is, anything else as JSON, nothing for null.</summary>
    public string Text(string name) => JsonValue.ToText(values[name]);

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

    /// <summary>The same with each of the <paramref name="names"/> replaced, for showing a request to people.</summary>
    public VariableValues Mask(IReadOnlySet<string> names, string mask) =>
        names.Count == 0
            ? this
            : new VariableValues(
                values.ToDictionary(pair => pair.Key, pair => names.Contains(pair.Key) ? Value.ForString(mask) : pair.Value),
                numeric.Except(names).ToHashSet(StringComparer.Ordinal));
}
