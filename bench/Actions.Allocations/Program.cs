using System.Globalization;
using System.Text.Json;
using Actions.Allocations;
using Actions.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

// Bytes that the server allocates for an execution: the real process, called over the wire, one execution after the
// other. Other than times they are the same on a busy machine. With the path of the committed numbers: fails if one of
// them is exceeded by more than 5 %.
const int Warm = 6_000;
const int Counted = 3_000;
const double Tolerance = 1.05;

await using var api = await StartApiAsync();
var address = new Uri(api.Urls.Single());
var measured = new SortedDictionary<string, double>(StringComparer.Ordinal);
Console.WriteLine($"{"",-10}{"bytes",10}{"bare",10}{"more",10}   what");
await using (var server = await MeteredServer.StartAsync(ServerCommand.Actions()))
await using (var bare = await MeteredServer.StartAsync(ServerCommand.Bare(address)))
{
    foreach (var scenario in Scenario.All)
    {
        var ours = await MeasureAsync(server, scenario, create: true);
        measured[scenario.Name] = ours;
        var theirs = scenario.IsBare ? await MeasureAsync(bare, scenario, create: false) : double.NaN;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{scenario.Name,-10}{ours,10:0}{theirs,10:0}{ours - theirs,10:0}   {scenario.Description}"));
    }
}

return args is [var path] ? Compare(path) : 0;

int Compare(string path)
{
    var committed = JsonSerializer.Deserialize<Dictionary<string, double>>(File.ReadAllText(path))!;
    var failed = 0;
    foreach (var (name, bytes) in measured)
    {
        var limit = committed[name] * Tolerance;
        failed += bytes > limit ? 1 : 0;
        if (bytes > limit)
            Console.WriteLine($"FAIL: {name} allocates {bytes:0} bytes; {path} says {committed[name]:0}.");
        else if (bytes * Tolerance < committed[name])
            Console.WriteLine($"{name} allocates {bytes:0} bytes now: lower the number in {path}, {committed[name]:0}.");
    }

    Console.WriteLine($"{measured.Count - failed} passed, {failed} failed");
    return failed == 0 ? 0 : 1;
}

async Task<double> MeasureAsync(MeteredServer server, Scenario scenario, bool create)
{
    using var channel = GrpcChannel.ForAddress(server.Address);
    var configs = new ActionConfigService.ActionConfigServiceClient(channel);
    var actions = new ActionService.ActionServiceClient(channel);
    if (create)
        await configs.CreateActionConfigAsync(new CreateActionConfigRequest { ActionConfig = scenario.ToAction(address) });
    for (var i = 0; i < Warm; i++)
        await ExecuteAsync(actions, scenario);
    var before = await server.ReadAsync();
    for (var i = 0; i < Counted; i++)
        await ExecuteAsync(actions, scenario);
    return (double)((await server.ReadAsync()).Allocated - before.Allocated) / Counted;
}

static async Task ExecuteAsync(ActionService.ActionServiceClient actions, Scenario scenario)
{
    using var call = actions.Execute(scenario.ToRequest());
    var events = new List<ExecutionEvent.EventOneofCase>();
    await foreach (var message in call.ResponseStream.ReadAllAsync())
        events.Add(message.Event.EventCase);
    if (events is not [ExecutionEvent.EventOneofCase.Start, ExecutionEvent.EventOneofCase.Result])
        throw new InvalidOperationException($"{scenario.Name} ended in {string.Join(", ", events)}.");
}

static async Task<WebApplication> StartApiAsync()
{
    var builder = WebApplication.CreateSlimBuilder();
    builder.Logging.ClearProviders();
    builder.WebHost.UseUrls("http://127.0.0.1:0");
    var app = builder.Build();
    foreach (var scenario in Scenario.All)
    {
        app.Map(
            $"/{scenario.Name}/{{**rest}}",
            (HttpContext _) => TypedResults.Text(scenario.Answer, "application/json"));
    }

    await app.StartAsync();
    return app;
}
