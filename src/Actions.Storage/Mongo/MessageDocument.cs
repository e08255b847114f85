using System.Text.Json;
using Google.Protobuf;
using MongoDB.Bson;

namespace Actions.Storage.Mongo;

/// <summary>
/// Stores a message in a document in two forms: JSON (https://protobuf.dev/programming-guides/json/) for people and
/// their queries, and binary. Only the binary form is read, because it preserves the fields of newer releases.
/// </summary>
internal static class MessageDocument
{
    private const string BinarySuffix = "_binary";

    // More than the nesting depth allowed for messages on the wire.
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 1_000 };

    /// <summary>The names of the two fields.</summary>
    public static string[] Fields(string name) => [name, name + BinarySuffix];

    public static void Put(BsonDocument document, string name, IMessage message)
    {
        document[name] = ToJson(message);
        document[name + BinarySuffix] = new BsonBinaryData(message.ToByteArray());
    }

    /// <returns>Null: the document has no such message.</returns>
    public static T? Get<T>(BsonDocument document, string name)
        where T : class, IMessage<T>, new()
    {
        if (!document.TryGetValue(name + BinarySuffix, out var binary) || binary is not BsonBinaryData { Bytes: var bytes })
            return null;
        var message = new T();
        message.MergeFrom(bytes);
        return message;
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
            // A value has no JSON form, e.g. a time after the year 9999.
            return new BsonDocument();
        }
    }

    // Not the driver's parser: it reads extended JSON and would convert a body's {"$date": …} to a date.
    private static BsonValue ToBson(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => new BsonDocument(json.EnumerateObject().Select(member => new BsonElement(ToName(member.Name), ToBson(member.Value)))),
        JsonValueKind.Array => new BsonArray(json.EnumerateArray().Select(ToBson)),
        JsonValueKind.String => json.GetString(),
        // Minus zero isn't an integer.
        JsonValueKind.Number when json.TryGetInt32(out var number) && (number != 0 || json.GetRawText()[0] != '-') => number,
        JsonValueKind.Number => json.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => BsonNull.Value,
    };

    // NUL ends a name in BSON, and the server reads a name that begins with $ as an operator or part of a reference.
    // MongoDB's manual has recommended the full-width character instead.
    private static string ToName(string name)
    {
        name = name.Replace('\0', '\uFFFD');
        return name.StartsWith('$') ? '\uFF04' + name[1..] : name;
    }
}
