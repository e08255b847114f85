using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Demo;

/// <summary>The four calls, with their actions as a user writes them.</summary>
internal static class ShopCalls
{
    private static readonly TimeSpan DelayThreshold = TimeSpan.FromSeconds(1.5);

    public static IReadOnlyList<PhoneCall> To(Uri shop) =>
        [OrderStatus(shop), Parcel(shop), Invoice(shop), Return(shop)];

    private static PhoneCall OrderStatus(Uri shop) => new(
        "Ada",
        "Where is my order A-1001?",
        new ActionConfig
        {
            Name = "Check Order Status",
            Description = "Looks up an order when the caller asks about one by its number.",
            Request = new HttpRequest
            {
                Method = HttpMethod.Get,
                Url = $"{shop}orders/<order_id>",
                Headers = { new Header { Name = "Accept-Language", Value = "<language>" } },
            },
            Variables =
            {
                new Variable { Name = "order_id", Type = VariableType.String, Description = "Such as A-1001." },
                new Variable { Name = "language", Type = VariableType.String, DefaultValue = Value.ForString("en") },
            },
            Messages = new Messages
            {
                StartMessage = "Let me look that up, <user_name>.",
                DelayMessage = "Still looking, one moment.",
                DelayThreshold = DelayThreshold.ToDuration(),
                FailureMessage = "I can't see your order right now, <user_name>.",
            },
            Results =
            {
                new ResultField { Variable = "order_status", JsonPath = "$.order.status", Required = true },
                new ResultField { Variable = "first_item", JsonPath = "$.order.items[0].name" },
                new ResultField { Variable = "order_total", JsonPath = "$.order.total" },
            },
        },
        new Dictionary<string, Value>
        {
            ["order_id"] = Value.ForString("A-1001"),
            ["user_name"] = Value.ForString("Ada"),
        },
        [
            new(TimeSpan.Zero, new() { Start = new() { Message = "Let me look that up, Ada." } }),
            new(TimeSpan.Zero, new()
            {
                Result = new()
                {
                    StatusCode = 200,
                    Attempts = 1,
                    Variables =
                    {
                        ["order_status"] = Value.ForString("out for delivery"),
                        ["first_item"] = Value.ForString("trail shoes"),
                        ["order_total"] = Value.ForNumber(129.9),
                    },
                },
            }),
        ]);

    private static PhoneCall Parcel(Uri shop) => new(
        "Ben",
        "When does the parcel with order B-2002 arrive?",
        new ActionConfig
        {
            Name = "Track Parcel",
            Description = "Asks the carrier where the parcel of an order is.",
            Request = new HttpRequest
            {
                Method = HttpMethod.Get,
                Url = $"{shop}orders/<order_id>/parcel",
                Timeout = TimeSpan.FromSeconds(8).ToDuration(),
            },
            Messages = new Messages
            {
                StartMessage = "Let me ask the carrier.",
                DelayMessage = "The carrier takes its time. One moment please, <user_name>.",
                DelayThreshold = DelayThreshold.ToDuration(),
                FailureMessage = "The carrier doesn't answer. Shall I text you later?",
            },
            Results =
            {
                new ResultField { Variable = "arrives", JsonPath = "$.parcel.arrives", Required = true },
                new ResultField { Variable = "stops_before", JsonPath = "$.parcel.stops_before" },
            },
        },
        new Dictionary<string, Value>
        {
            ["order_id"] = Value.ForString("B-2002"),
            ["user_name"] = Value.ForString("Ben"),
        },
        [
            new(TimeSpan.Zero, new() { Start = new() { Message = "Let me ask the carrier." } }),
            new(DelayThreshold, new()
            {
                Delay = new() { Message = "The carrier takes its time. One moment please, Ben.", Ordinal = 1 },
            }),
            new(ShopApi.CarrierLatency, new()
            {
                Result = new()
                {
                    StatusCode = 200,
                    Attempts = 1,
                    Variables = { ["arrives"] = Value.ForString("16:40"), ["stops_before"] = Value.ForNumber(4) },
                },
            }),
        ]);

    private static PhoneCall Invoice(Uri shop) => new(
        "Cleo",
        "Can you find the invoice for order C-3003?",
        new ActionConfig
        {
            Name = "Find Invoice",
            Description = "Fetches the invoice of an order.",
            Request = new HttpRequest { Method = HttpMethod.Get, Url = $"{shop}orders/<order_id>/invoice" },
            Messages = new Messages
            {
                StartMessage = "Let me find your invoice.",
                FailureMessage = "I can't get at invoices right now, <user_name>. May I e-mail it to you?",
            },
            Results = { new ResultField { Variable = "invoice_url", JsonPath = "$.invoice.url", Required = true } },
        },
        new Dictionary<string, Value>
        {
            ["order_id"] = Value.ForString("C-3003"),
            ["user_name"] = Value.ForString("Cleo"),
        },
        [
            new(TimeSpan.Zero, new() { Start = new() { Message = "Let me find your invoice." } }),
            new(TimeSpan.Zero, new()
            {
                Failure = new()
                {
                    Message = "I can't get at invoices right now, Cleo. May I e-mail it to you?",
                    Reason = FailureReason.HttpStatus,
                    StatusCode = 503,
                    Attempts = 1,
                    Retryable = true,
                    Stage = FailureStage.Judge,
                },
            }),
        ]);

    // A POST: executed once per call, and an interruption doesn't end it.
    private static PhoneCall Return(Uri shop) => new(
        "Dana",
        "Please send order D-4004 back.",
        new ActionConfig
        {
            Name = "Return Order",
            Description = "Orders a return label, and a courier who picks the parcel up.",
            Request = new HttpRequest { Method = HttpMethod.Post, Url = $"{shop}orders/<order_id>/return" },
            Messages = new Messages
            {
                StartMessage = "I'm arranging the return.",
                DelayMessage = "The courier is being booked, <user_name>.",
                DelayThreshold = DelayThreshold.ToDuration(),
                FailureMessage = "I couldn't arrange the return.",
            },
            Results =
            {
                new ResultField { Variable = "label", JsonPath = "$.label", Required = true },
                new ResultField { Variable = "pickup", JsonPath = "$.pickup" },
            },
        },
        new Dictionary<string, Value>
        {
            ["order_id"] = Value.ForString("D-4004"),
            ["user_name"] = Value.ForString("Dana"),
        },
        [
            new(TimeSpan.Zero, new() { Start = new() { Message = "I'm arranging the return." } }),
            new(DelayThreshold, new()
            {
                Delay = new() { Message = "The courier is being booked, Dana.", Ordinal = 1 },
            }),
            new(ShopApi.CarrierLatency, new()
            {
                Result = new()
                {
                    StatusCode = 200,
                    Attempts = 1,
                    Variables = { ["label"] = Value.ForString("RL-D-4004"), ["pickup"] = Value.ForString("tomorrow") },
                },
            }),
        ])
    {
        Interruption = "Wait, is that free of charge?",
    };
}
