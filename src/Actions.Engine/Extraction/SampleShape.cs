using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Actions.Engine.Syntax;

namespace Actions.Engine.Extraction;

/// <summary>
/// A JSON document with every value replaced by an empty one of its type. Later responses are compared with it when the
/// sample's values must not be stored.
/// </summary>
internal static class SampleShape
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <returns>Empty if a member's name isn't Unicode text.</returns>
    public static string Of(JsonElement root)
    {
        var buffer = new ArrayBufferWriter<byte>();
        try
        {
            using var writer = new Utf8JsonWriter(buffer, WriterOptions);
            Write(writer, root);
        }
        catch (NotUnicodeException)
        {
            return "";
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    // As deep as the parser allowed.
    private static void Write(Utf8JsonWriter writer, JsonElement node)
    {
        switch (node.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in node.EnumerateObject())
                {
                    writer.WritePropertyName(member.NameText());
                    Write(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in node.EnumerateArray())
                    Write(writer, item);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue("");
                break;
            case JsonValueKind.Number:
                writer.WriteNumberValue(0);
                break;
            case JsonValueKind.True or JsonValueKind.False:
                writer.WriteBooleanValue(true);
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }
}
