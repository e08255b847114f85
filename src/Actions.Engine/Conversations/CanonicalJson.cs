using System.Globalization;
using System.Text;
using Actions.Engine.Variables;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Conversations;

/// <summary>
/// The one JSON text of a value (RFC 8785, JSON Canonicalization Scheme): members in the order of their names' UTF-16
/// code units, numbers as ECMAScript writes them, nothing escaped that needn't be, no white space.
/// </summary>
internal static class CanonicalJson
{
    /// <returns>UTF-8.</returns>
    public static byte[] Of(Value value)
    {
        var json = new StringBuilder();
        Write(json, value);
        return Encoding.UTF8.GetBytes(json.ToString());
    }

    // As deep as a message can be nested.
    private static void Write(StringBuilder json, Value value)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.StringValue:
                Write(json, value.StringValue);
                break;
            case Value.KindOneofCase.NumberValue:
                Write(json, value.NumberValue);
                break;
            case Value.KindOneofCase.BoolValue:
                json.Append(value.BoolValue ? "true" : "false");
                break;
            case Value.KindOneofCase.StructValue:
                Write(json, value.StructValue);
                break;
            case Value.KindOneofCase.ListValue:
                var items = value.ListValue.Values;
                json.Append('[');
                for (var i = 0; i < items.Count; i++)
                    Write(i == 0 ? json : json.Append(','), items[i]);
                json.Append(']');
                break;
            default:
                json.Append("null");
                break;
        }
    }

    private static void Write(StringBuilder json, Struct members)
    {
        json.Append('{');
        var first = true;
        foreach (var (name, member) in members.Fields.OrderBy(field => field.Key, StringComparer.Ordinal))
        {
            Write(first ? json : json.Append(','), name);
            Write(json.Append(':'), member);
            first = false;
        }

        json.Append('}');
    }

    /// <summary>JSON has no words for NaN and the infinities. A variable that no template needs may be one.</summary>
    private static void Write(StringBuilder json, double number) =>
        json.Append(double.IsFinite(number) ? NumberText.Of(number) : number.ToString(CultureInfo.InvariantCulture));

    private static void Write(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\b' => json.Append("\\b"),
                '\t' => json.Append("\\t"),
                '\n' => json.Append("\\n"),
                '\f' => json.Append("\\f"),
                '\r' => json.Append("\\r"),
                < ' ' => json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => json.Append(c),
            };
        }

        json.Append('"');
    }
}
