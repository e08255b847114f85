using System.Globalization;
using System.Text;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Allocations;

/// <summary>An action, what its API answers, and what a call of it brings.</summary>
/// <param name="Name">The action's name, and the API's path.</param>
/// <param name="IsBare">Whether the bare handler does it, too.</param>
internal sealed record Scenario(string Name, string Description, bool IsBare, string Answer)
{
    public static readonly Scenario[] All =
    [
        new("small", "GET, 300-byte answer, two fields", IsBare: true, SmallAnswer()),
        new("large", "GET, 64 KiB answer, five fields", IsBare: true, LargeAnswer()),
        new("rich", "POST with variables everywhere, bearer token, all messages", IsBare: false, SmallAnswer()),
    ];

    public ActionConfig ToAction(Uri api) => Name switch
    {
        "small" => new ActionConfig
        {
            Name = Name,
            Request = new HttpRequest { Method = V1.HttpMethod.Get, Url = new Uri(api, Name).AbsoluteUri },
            Messages = new Messages { StartMessage = "Let me look that up." },
            Results = { Field("status", "$.order.status"), Field("eta", "$.order.eta") },
        },
        "large" => new ActionConfig
        {
            Name = Name,
            Request = new HttpRequest { Method = V1.HttpMethod.Get, Url = new Uri(api, Name).AbsoluteUri },
            Messages = new Messages { StartMessage = "Let me look that up." },
            Results =
            {
                Field("count", "$.count"),
                Field("first", "$.orders[0].status"),
                Field("tenth", "$.orders[10].customer.name"),
                Field("total", "$.orders[100].total"),
                Field("next", "$.page.next"),
            },
        },
        _ => new ActionConfig
        {
            Name = Name,
            Variables =
            {
                new Variable { Name = "order", Type = VariableType.String },
                new Variable { Name = "name", Type = VariableType.String },
                new Variable { Name = "count", Type = VariableType.Integer, DefaultValue = Value.ForNumber(3) },
            },
            Authentication = new Authentication { BearerToken = new BearerToken { Token = new Secret { Plaintext = "made-up-token" } } },
            Request = new HttpRequest
            {
                Method = V1.HttpMethod.Post,
                Url = new Uri(api, Name).AbsoluteUri + "/{order}",
                QueryParameters = { new QueryParameter { Name = "count", Value = "{count}" } },
                Headers = { new Header { Name = "X-Caller", Value = "{name}" } },
                JsonBody = """{"order":"{order}","count":"{count}","note":"for {name}"}""",
            },
            Messages = new Messages
            {
                StartMessage = "Let me look up order {order}, {name}.",
                DelayMessage = "One moment, {name}.",
                FailureMessage = "I can't reach the shop now, {name}.",
            },
            Results = { Field("status", "$.order.status"), Field("eta", "$.order.eta") },
        },
    };

    public ExecuteRequest ToRequest() => Name == "rich"
        ? new ExecuteRequest
        {
            Name = Name,
            Variables = { ["order"] = Value.ForString("A-1001"), ["name"] = Value.ForString("Ada Lovelace") },
        }
        : new ExecuteRequest { Name = Name };

    private static ResultField Field(string variable, string path) =>
        new() { Variable = variable, JsonPath = path, Required = true };

    private static string SmallAnswer() =>
        """
        {"order":{"id":"A-1001","status":"shipped","eta":"2031-05-04","carrier":"DHL","items":[{"sku":"B-7","name":"Kettle","quantity":1,"price":39.9},{"sku":"C-2","name":"Teapot","quantity":2,"price":24.5}],"total":88.9,"currency":"EUR"},"customer":{"id":17,"name":"Ada Lovelace","tier":"gold"},"links":{"self":"/orders/A-1001"}}
        """.Trim();

    private static string LargeAnswer()
    {
        var text = new StringBuilder("""{"count":310,"orders":[""");
        for (var i = 0; i < 310; i++)
        {
            text.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture,
                $$$"""{"id":"A-{{{i:0000}}}","status":"{{{(i % 2 == 0 ? "shipped" : "packed")}}}","customer":{"id":{{{i}}},"name":"Customer {{{i}}}","city":"Köln"},"note":"leave it at the door, please, and ring twice \"loudly\"","total":{{{i}}}.5,"items":[{"sku":"B-7"},{"sku":"C-2"}]}""");
        }

        return text.Append("""],"page":{"next":"/orders?page=2"}}""").ToString();
    }
}
