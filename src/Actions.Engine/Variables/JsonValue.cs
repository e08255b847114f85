using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Actions.Engine.Syntax;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>google.protobuf.Value from and to JSON.</summary>
internal static class JsonValue
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // IEEE 754: a decimal number of so many digits is the same after a conversion to double and back.
    private const int MaxKeptDigits = 15;

    /// <summary>A string as it is, nothing for null, anything else as compact JSON.</summary>
    public static string ToText(Value value)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.StringValue:
                return value.StringValue;
            case Value.KindOneofCase.None or Value.KindOneofCase.NullValue:
                return "";
            case Value.KindOneofCase.BoolValue:
                return value.BoolValue ? "true" : "false";
            case Value.KindOneofCase.NumberValue:
                return NumberText.Of(value.NumberValue);
            default:
                var buffer = new ArrayBufferWriter<byte>();
                using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
                    Write(writer, value);
                return Encoding.UTF8.GetString(buffer.WrittenSpan);
        }
    }

    public static void Write(Utf8JsonWriter writer, Value value)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.StringValue:
                writer.WriteStringValue(value.StringValue);
                break;
            case Value.KindOneofCase.BoolValue:
                writer.WriteBooleanValue(value.BoolValue);
                break;
            case Value.KindOneofCase.NumberValue:
                writer.WriteRawValue(NumberText.Of(value.NumberValue));
                break;
            case Value.KindOneofCase.StructValue:
                writer.WriteStartObject();
                foreach (var (name, field) in value.StructValue.Fields)
                {
                    writer.WritePropertyName(name);
                    Write(writer, field);
                }

                writer.WriteEndObject();
                break;
            case Value.KindOneofCase.ListValue:
                writer.WriteStartArray();
                foreach (var item in value.ListValue.Values)
                    Write(writer, item);
                writer.WriteEndArray();
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }

    /// <summary>A part of an upstream response as a variable's value.</summary>
    /// <param name="budget">Null: the element is small.</param>
    /// <exception cref="TooLargeException">The budget is spent.</exception>
    /// <exception cref="SyntaxException">It has more than <paramref name="maxDepth"/> levels of arrays and objects, or
    /// a string that isn't Unicode text.</exception>
    public static Value From(JsonElement element, int maxDepth, ValueBudget? budget = null)
    {
        if (element.ValueKind is JsonValueKind.Array or JsonValueKind.Object && maxDepth == 0)
            throw new SyntaxException("is nested too deeply for a variable; select a value inside it");
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                budget?.TakeObject();
                var fields = new Struct();
                foreach (var property in element.EnumerateObject())
                {
                    var name = property.NameText();
                    budget?.TakeText(name);
                    fields.Fields[name] = From(property.Value, maxDepth - 1, budget);
                }

                return Value.ForStruct(fields);
            case JsonValueKind.Array:
                budget?.TakeList();
                var list = new ListValue();
                foreach (var item in element.EnumerateArray())
                    list.Values.Add(From(item, maxDepth - 1, budget));
                return new Value { ListValue = list };
            case JsonValueKind.String:
                var text = element.Text();
                budget?.TakeText(text);
                return Value.ForString(text);
            case JsonValueKind.Number:
                budget?.TakeScalar();
                return FromNumber(element);
            case JsonValueKind.True or JsonValueKind.False:
                budget?.TakeScalar();
                return Value.ForBool(element.GetBoolean());
            default:
                budget?.TakeScalar();
                return Value.ForNull();
        }
    }

    /// <summary>A number where the nearest double prints as the same value, else its own text.</summary>
    private static Value FromNumber(JsonElement element)
    {
        // Most are short: a double keeps 15 decimal digits of a number that isn't written with an exponent.
        var digits = JsonMarshal.GetRawUtf8Value(element);
        if (digits.Length <= MaxKeptDigits && !digits.ContainsAny((byte)'e', (byte)'E'))
            return Value.ForNumber(element.GetDouble());
        var text = element.GetRawText();
        var number = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(number) && SameDecimal(text, number.ToString("R", CultureInfo.InvariantCulture))
            ? Value.ForNumber(number)
            : Value.ForString(text);
    }

    private static bool SameDecimal(string left, string right) =>
        NumberText.Normalize(left) == NumberText.Normalize(right);
}
