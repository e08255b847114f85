using Actions.Bench;
using Actions.Demo;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;

// What a voice engine sees on the wire: the real server in a process of its own, loopback, one channel. Direct calls of
// the same API alternate with executions, so that the machine's mood weighs on both.
var time = TimeProvider.System;
var threshold = TimeSpan.FromMilliseconds(200);
await using var upstream = await Upstream.StartAsync(TimeSpan.FromMilliseconds(400), time);
var output = new ServerOutput();
await using var server = await ServerProcess.StartAsync(output, time, CancellationToken.None, new()
{
    // What is measured is the way of a call, not its limits.
    ["Limits__CallsPerSecond"] = "1000000",
    ["Limits__Burst"] = "1000000",
});
using var channel = GrpcChannel.ForAddress(server.Address);
using var direct = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
var configs = new ActionConfigService.ActionConfigServiceClient(channel);
var actions = new ActionService.ActionServiceClient(channel);

var fast = await CreateAsync("fast", new Messages { StartMessage = "Let me look that up." });
var slow = await CreateAsync("slow", new Messages
{
    StartMessage = "Let me look that up.",
    DelayMessage = "One moment.",
    DelayThreshold = Duration.FromTimeSpan(threshold),
});

// Cold code is another story, told by the demo's first call.
for (var i = 0; i < 500; i++)
    await ExecuteAsync(fast, null, null, null);

Figures.PrintHead();
await AlternateAsync(callers: 1, rounds: 2_000);
await AlternateAsync(callers: 16, rounds: 4_000);

var skew = new Figures("delay after its threshold, 20 callers");
await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
{
    for (var i = 0; i < 10; i++)
        await ExecuteAsync(slow, null, null, skew);
}));
skew.Print();
await server.StopAsync();
await Isolation.MeasureAsync(upstream.Address, time);
return 0;

async Task AlternateAsync(int callers, int rounds)
{
    var started = new Figures($"Execute to Start, {callers} callers");
    var ended = new Figures($"Execute to Result, {callers} callers");
    var plain = new Figures($"the API called directly, {callers} callers");
    await Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
    {
        for (var i = 0; i < rounds / callers; i++)
        {
            await ExecuteAsync(fast, started, ended, null);
            var began = time.GetTimestamp();
            using var request = new HttpRequestMessage(System.Net.Http.HttpMethod.Get, new Uri(upstream.Address, "fast"));
            using var response = await direct.SendAsync(request, CancellationToken.None);
            await response.Content.ReadAsByteArrayAsync();
            plain.Add(time.GetElapsedTime(began));
        }
    }));
    started.Print();
    ended.Print();
    plain.Print();
}

async Task ExecuteAsync(string id, Figures? started, Figures? ended, Figures? skew)
{
    var began = time.GetTimestamp();
    using var call = actions.Execute(new ExecuteRequest { Id = id });
    await foreach (var message in call.ResponseStream.ReadAllAsync())
    {
        switch (message.Event.EventCase)
        {
            case ExecutionEvent.EventOneofCase.Start:
                started?.Add(time.GetElapsedTime(began));
                break;
            case ExecutionEvent.EventOneofCase.Delay:
                skew?.Add(message.Event.Elapsed.ToTimeSpan() - threshold);
                break;
            case ExecutionEvent.EventOneofCase.Result:
                ended?.Add(time.GetElapsedTime(began));
                break;
            default:
                throw new InvalidOperationException($"Unexpected: {message}");
        }
    }
}

async Task<string> CreateAsync(string path, Messages messages)
{
    var created = await configs.CreateActionConfigAsync(new CreateActionConfigRequest
    {
        ActionConfig = new ActionConfig
        {
            Name = path,
            Request = new HttpRequest { Method = Actions.V1.HttpMethod.Get, Url = new Uri(upstream.Address, path).ToString() },
            Messages = messages,
            Results = { new ResultField { Variable = "status", JsonPath = "$.order.status", Required = true } },
        },
    });
    return created.ActionConfig.Id;
}
