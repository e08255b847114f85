using System.Text.Json;
using Google.Protobuf;
using MongoDB.Bson;

namespace Actions.Storage.Mongo;

/// <summary>
/// A message in a document, twice: in its JSON form (https://protobuf.dev/programming-guides/json/) for people and their
/// queries, and in its binary form, which alone keeps the fields of a newer release and is therefore what is read. Where
/// somebody has removed the binary form, the JSON form is read.
/// </summary>
internal static class MessageDocument
{
    private const string BinarySuffix = "_binary";

    // Deeper than a message from the wire can be.
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 1_000 };
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    /// <summary>The names of the two fields.</summary>
    public static string[] Fields(string name) => [name, name + BinarySuffix];

    public static void Put(BsonDocument document, string name, IMessage message)
    {
        document[name] = ToJson(message);
        document[name + BinarySuffix] = new BsonBinaryData(message.ToByteArray());
    }

    /// <returns>Null: there is none.</returns>
    public static T? Get<T>(BsonDocument document, string name)
        where T : class, IMessage<T>, new()
    {
        if (document.TryGetValue(name + BinarySuffix, out var binary) && binary is BsonBinaryData { Bytes: var bytes })
        {
            var message = new T();
            message.MergeFrom(bytes);
            return message;
        }

        return document.TryGetValue(name, out var json) && json is BsonDocument form ? Parser.Parse<T>(ToText(form)) : null;
    }

    private static BsonValue ToJson(IMessage message)
    {
        try
        {
            using var json = JsonDocument.Parse(JsonFormatter.Default.Format(message), Deep);
            return ToBson(json.RootElement);
        }
        catch (InvalidOperationException)
        {
            // Something in it has no JSON form, such as a time beyond the year 9999.
            return new BsonDocument();
        }
    }

    // Not the driver's own parser: it reads extended JSON, and would take somebody's {"$date": …} for a date.
    private static BsonValue ToBson(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => new BsonDocument(json.EnumerateObject().Select(member => new BsonElement(ToName(member.Name), ToBson(member.Value)))),
        JsonValueKind.Array => new BsonArray(json.EnumerateArray().Select(ToBson)),
        JsonValueKind.String => json.GetString(),
        // Minus zero is no integer.
        JsonValueKind.Number when json.TryGetInt32(out var number) && (number != 0 || json.GetRawText()[0] != '-') => number,
        JsonValueKind.Number => json.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => BsonNull.Value,
    };

    // NUL ends a name in BSON, and a name that begins with $ is an operator or part of a reference to the server; the
    // full-width character is what MongoDB's manual has recommended in its place.
    private static string ToName(string name)
    {
        name = name.Replace('\0', '\uFFFD');
        return name.StartsWith('$') ? '\uFF04' + name[1..] : name;
    }

    private static string FromName(string name) => name.StartsWith('\uFF04') ? '$' + name[1..] : name;

    private static string ToText(BsonDocument document)
    {
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, new JsonWriterOptions { MaxDepth = Deep.MaxDepth }))
            Write(writer, document);
        return System.Text.Encoding.UTF8.GetString(text.ToArray());
    }

    private static void Write(Utf8JsonWriter writer, BsonValue value)
    {
        switch (value)
        {
            case BsonDocument document:
                writer.WriteStartObject();
                foreach (var (name, member) in document.Select(element => (element.Name, element.Value)))
                {
                    writer.WritePropertyName(FromName(name));
                    Write(writer, member);
                }

                writer.WriteEndObject();
                break;
            case BsonArray array:
                writer.WriteStartArray();
                foreach (var element in array)
                    Write(writer, element);
                writer.WriteEndArray();
                break;
            case BsonString text:
                writer.WriteStringValue(text.Value);
                break;
            case BsonBoolean truth:
                writer.WriteBooleanValue(truth.Value);
                break;
            case BsonInt32 or BsonInt64:
                writer.WriteNumberValue(value.ToInt64());
                break;
            case BsonDouble number:
                writer.WriteNumberValue(number.Value);
                break;
            case BsonNull:
                writer.WriteNullValue();
                break;
            default:
                throw new InvalidDataException($"A {value.BsonType} has no place in a message.");
        }
    }
}
