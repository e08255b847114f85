using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Load.Driver;

/// <summary>
/// An action, what the API answers to one call of it, and what the answer has to become. The API's answer contains the
/// key of the call: a mixed-up or a stale answer is a wrong one.
/// </summary>
internal sealed class Job
{
    private const int Orders = 1_200;
    private const string Mark = "@key@";
    private const string StartMessage = "Let me look that up.";

    public static readonly Job Small = new("small", SmallAnswer(), new()
    {
        ["status"] = ("$.order.status", key => Value.ForString($"shipped {key}")),
        ["eta"] = ("$.order.eta", key => Value.ForString($"2031-05-04 {key}")),
    });

    /// <summary>256 KiB, so that a server has much more to do with a call than the driver.</summary>
    public static readonly Job Large = new("large", LargeAnswer(), new()
    {
        ["count"] = ("$.count", _ => Value.ForNumber(Orders)),
        ["first"] = ("$.orders[0].status", key => Value.ForString($"shipped {key}")),
        ["tenth"] = ("$.orders[10].customer.name", _ => Value.ForString("Customer 10")),
        ["total"] = ("$.orders[100].total", _ => Value.ForNumber(100.5)),
        ["next"] = ("$.page.next", key => Value.ForString($"/orders?after={key}")),
    });

    public static readonly Job[] All = [Small, Large];

    /// <summary>From a Start to its Delay, as the peers have it, too.</summary>
    public static readonly TimeSpan Threshold = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, (string Path, Func<string, Value> Expected)> _fields;

    private Job(string name, string answer, Dictionary<string, (string, Func<string, Value>)> fields)
    {
        Name = name;
        Answer = [.. answer.Split(Mark).Select(Encoding.UTF8.GetBytes)];
        AnswerLength = Answer.Sum(part => part.Length);
        _fields = fields;
    }

    public string Name { get; }

    /// <summary>Between each two of them the API writes the key.</summary>
    public byte[][] Answer { get; }

    /// <summary>Bytes of the answer without its keys.</summary>
    public int AnswerLength { get; }

    public ActionConfig ToAction(Uri api)
    {
        var action = new ActionConfig
        {
            Name = Name,
            Variables = { new Variable { Name = "order", Type = VariableType.String } },
            Request = new HttpRequest
            {
                Method = V1.HttpMethod.Get,
                Url = new Uri(api, Name).AbsoluteUri + "/{order}",
                Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(10)),
            },
            Messages = new Messages
            {
                StartMessage = StartMessage,
                DelayMessage = "One moment.",
                DelayThreshold = Duration.FromTimeSpan(Threshold),
                FailureMessage = "I can't reach the shop now.",
            },
        };
        foreach (var (variable, (path, _)) in _fields)
            action.Results.Add(new ResultField { Variable = variable, JsonPath = path, Required = true });
        return action;
    }

    /// <summary>The message of one call, framed as gRPC does: no compression, four bytes of length.</summary>
    public byte[] ToFrame(string key)
    {
        var request = new ExecuteRequest { Name = Name, Variables = { ["order"] = Value.ForString(key) } };
        var size = request.CalculateSize();
        var frame = new byte[5 + size];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), size);
        request.WriteTo(frame.AsSpan(5));
        return frame;
    }

    /// <returns>What is wrong with the Start, or null.</returns>
    public static string? Check(Start start) => start.Message == StartMessage ? null : $"Start says {start.Message}";

    /// <returns>What is wrong with the Result of this very call, or null.</returns>
    public string? Check(Result result, string key)
    {
        if (result.StatusCode != 200 || result.Attempts != 1 || result.Variables.Count != _fields.Count)
            return $"{key}: {result}";
        foreach (var (variable, (_, expected)) in _fields)
        {
            if (!result.Variables.TryGetValue(variable, out var value) || !value.Equals(expected(key)))
                return $"{key}: {variable} is {value}";
        }

        return null;
    }

    // @key@ as in Mark. The white space is the API's, too.
    private static string SmallAnswer() =>
        """
        {"order":{"id":"@key@","status":"shipped @key@","eta":"2031-05-04 @key@","carrier":"DHL","items":[
        {"sku":"B-7","name":"Kettle","quantity":1,"price":39.9},{"sku":"C-2","name":"Teapot","quantity":2}],
        "total":88.9,"currency":"EUR"},"customer":{"id":17,"name":"Ada Lovelace","tier":"gold"}}
        """;

    private static string LargeAnswer()
    {
        var text = new StringBuilder($$"""{"count":{{Orders}},"orders":[""");
        for (var i = 0; i < Orders; i++)
        {
            var status = i == 0 ? $"shipped {Mark}" : "packed";
            text.Append(i == 0 ? "" : ",").Append(
                CultureInfo.InvariantCulture,
                $$"""
                {"id":"A-{{i:0000}}","status":"{{status}}","total":{{i}}.5,"items":[{"sku":"B-7"},{"sku":"C-2"}],
                "customer":{"id":{{i}},"name":"Customer {{i}}","city":"Köln"},
                "note":"leave it at the door, please, and ring twice \"loudly\""}
                """);
        }

        return text.Append("],\"page\":{\"next\":\"/orders?after=").Append(Mark).Append("\"}}").ToString();
    }
}
