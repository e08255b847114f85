using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests;

/// <summary>Actions to store, each with a name that no other has.</summary>
internal static class AnAction
{
    private static int _count;

    public static string FreeName() => $"Action {Interlocked.Increment(ref _count)}";

    /// <summary>As small as an action can be.</summary>
    public static ActionConfig Named(string name) => new()
    {
        Name = name,
        Request = new() { Method = V1.HttpMethod.Get, Url = "https://api.example.com/" },
    };

    /// <summary>As small as an action can be.</summary>
    public static ActionConfig Any() => Named(FreeName());

    public static ActionConfig Calling(string url) => new()
    {
        Name = FreeName(),
        Request = new() { Method = V1.HttpMethod.Get, Url = url },
    };

    /// <summary>Every field set that a caller can set in this version.</summary>
    public static ActionConfig Complete() => new()
    {
        Name = FreeName(),
        Description = "When the caller asks where an order is – 訂單.",
        Request = new()
        {
            Method = V1.HttpMethod.Post,
            Url = "https://api.example.com/orders/{order_id}?expand=items",
            Headers = { new Header { Name = "X-Tenant", Value = "<tenant>" }, new Header { Name = "X-Trace", Value = "1" } },
            QueryParameters = { new QueryParameter { Name = "lang", Value = "{{language}}" } },
            JsonBody = """{"id": "{order_id}", "count": "{count}"}""",
            Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(3)),
        },
        Variables =
        {
            new Variable { Name = "order_id", Type = VariableType.String, Description = "As printed on the bill.", Sensitive = true },
            new Variable { Name = "count", Type = VariableType.Integer, DefaultValue = Value.ForNumber(1) },
            new Variable { Name = "language", AllowedValues = { "de", "en" }, DefaultValue = Value.ForString("de") },
        },
        Messages = new()
        {
            StartMessage = "Let me look up {order_id}.",
            DelayMessage = "One moment, please.",
            DelayThreshold = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)),
            DelayRepeatInterval = Duration.FromTimeSpan(TimeSpan.FromSeconds(4)),
            FailureMessage = "I can't reach the shop.",
        },
        Results =
        {
            new ResultField { Variable = "status", JsonPath = "$.order.status", Required = true },
            new ResultField { Variable = "first", JsonPath = "$.items[0]", DefaultValue = Value.ForString("none") },
        },
        ResponsePolicy = new() { SuccessStatuses = { "2xx", "404" }, MaxBodyBytes = 1_000 },
        Labels = { ["team"] = "shop", ["stage"] = "live" },
    };
}
