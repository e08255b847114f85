using System.Globalization;
using System.Text;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using static Actions.V1.ExecutionEvent;

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
        new("chunked", "the same without Content-Length", IsBare: false, LargeAnswer()),
        new("rich", "POST with variables everywhere, bearer token, all messages", IsBare: false, SmallAnswer()),
        new("oauth", "OAuth token from the cache, a retry policy that isn't needed", IsBare: false, SmallAnswer()),
        new("delay", "the API answers after the Delay", IsBare: false, SmallAnswer())
        {
            Events = [EventOneofCase.Start, EventOneofCase.Delay, EventOneofCase.Result],
        },
        new("error", "status 500, a field of the error", IsBare: false, """{"error":{"code":"E-17"}}""")
        {
            Status = 500,
            Events = [EventOneofCase.Start, EventOneofCase.Failure],
        },
        new("recorded", "the same as small, with notes for the history", IsBare: false, SmallAnswer()) { IsRecorded = true },
    ];

    /// <summary>
    /// Whether the history is on: what it takes on the execution's path, without what its writer takes later.
    /// </summary>
    public bool IsRecorded { get; private init; }

    public int Status { get; private init; } = 200;

    /// <summary>The events of each execution.</summary>
    public EventOneofCase[] Events { get; private init; } = [EventOneofCase.Start, EventOneofCase.Result];

    /// <summary>Whether the API states no length.</summary>
    public bool IsChunked => Name == "chunked";

    /// <summary>Whether the API answers once the client has the Delay, so that no clock decides.</summary>
    public bool AnswersAfterDelay => Events.Contains(EventOneofCase.Delay);

    public ActionConfig ToAction(Uri api)
    {
        var action = new ActionConfig
        {
            Name = Name,
            Request = new HttpRequest { Method = V1.HttpMethod.Get, Url = new Uri(api, Name).AbsoluteUri },
            Messages = new Messages { StartMessage = "Let me look that up." },
            Results = { Field("status", "$.order.status"), Field("eta", "$.order.eta") },
        };
        switch (Name)
        {
            case "large" or "chunked":
                action.Results.Clear();
                action.Results.Add(
                [
                    Field("count", "$.count"),
                    Field("first", "$.orders[0].status"),
                    Field("tenth", "$.orders[10].customer.name"),
                    Field("total", "$.orders[100].total"),
                    Field("next", "$.page.next"),
                ]);
                break;
            case "rich":
                Enrich(action);
                break;
            case "oauth":
                action.Authentication = new Authentication
                {
                    Oauth2ClientCredentials = new OAuth2ClientCredentials
                    {
                        TokenUrl = new Uri(api, "token").AbsoluteUri,
                        ClientId = "bench",
                        ClientSecret = new Secret { Plaintext = "made-up-secret" },
                    },
                };
                action.RetryPolicy = new RetryPolicy { MaxAttempts = 3 };
                break;
            case "delay":
                action.Messages.DelayMessage = "One moment.";
                action.Messages.DelayThreshold = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(1));
                break;
            case "error":
                action.Results.Clear();
                action.ErrorFields.Add(new ResultField { Variable = "code", JsonPath = "$.error.code" });
                action.Messages.FailureMessage = "I can't reach the shop now.";
                break;
            default:
                break;
        }

        return action;
    }

    public ExecuteRequest ToRequest() => Name == "rich"
        ? new ExecuteRequest
        {
            Name = Name,
            Variables = { ["order"] = Value.ForString("A-1001"), ["name"] = Value.ForString("Ada Lovelace") },
        }
        : new ExecuteRequest { Name = Name };

    private static void Enrich(ActionConfig action)
    {
        action.Variables.Add(
        [
            new Variable { Name = "order", Type = VariableType.String },
            new Variable { Name = "name", Type = VariableType.String },
            new Variable { Name = "count", Type = VariableType.Integer, DefaultValue = Value.ForNumber(3) },
        ]);
        action.Authentication = new Authentication
        {
            BearerToken = new BearerToken { Token = new Secret { Plaintext = "made-up-token" } },
        };
        action.Request.Method = V1.HttpMethod.Post;
        action.Request.Url += "/{order}";
        action.Request.QueryParameters.Add(new QueryParameter { Name = "count", Value = "{count}" });
        action.Request.Headers.Add(new Header { Name = "X-Caller", Value = "{name}" });
        action.Request.JsonBody = """{"order":"{order}","count":"{count}","note":"for {name}"}""";
        action.Messages.StartMessage = "Let me look up order {order}, {name}.";
        action.Messages.DelayMessage = "One moment, {name}.";
        action.Messages.FailureMessage = "I can't reach the shop now, {name}.";
    }

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
