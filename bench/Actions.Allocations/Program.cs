using System.Globalization;
using System.Text.Json;
using Actions.Allocations;
using Actions.V1;
using Grpc.Net.Client;

// Bytes that the server allocates for an execution: the real process, called over the wire, one execution after the
// other. Other than times they are the same on a busy machine. With the path of the committed numbers: fails if one of
// them is exceeded by more than 5 %.
const double Tolerance = 1.05;
const int Warm = 4;
const int Tries = 3;

var committed = args is [var path]
    ? JsonSerializer.Deserialize<Dictionary<string, double>>(File.ReadAllText(path))!
    : null;
var failed = 0;
await using (var api = await StandInApi.StartAsync())
// All calls of a scenario fail, and are to be answered all the same.
await using (var server = await StartAsync(new() { ["History__Level"] = "off" }))
// Notes are taken of each execution. They are written seldom, in windows that don't agree with the others.
await using (var recording = await StartAsync(
    new() { ["History__QueueSize"] = "1000000", ["History__ProcessorShare"] = "0.001" }))
await using (var bare = await MeteredServer.StartAsync(ServerCommand.Bare(api.Address)))
{
    using var channel = GrpcChannel.ForAddress(server.Address);
    using var bareChannel = GrpcChannel.ForAddress(bare.Address);
    using var recordingChannel = GrpcChannel.ForAddress(recording.Address);
    foreach (var scenario in Scenario.All)
    {
        await new ActionConfigService.ActionConfigServiceClient(scenario.IsRecorded ? recordingChannel : channel)
            .CreateActionConfigAsync(new CreateActionConfigRequest { ActionConfig = scenario.ToAction(api.Address) });
    }

    var ours = Scenario.All.ToDictionary(
        scenario => scenario.Name,
        scenario => scenario.IsRecorded
            ? new Measurement(recording, scenario, api, new(recordingChannel))
            : new Measurement(server, scenario, api, new(channel)));
    var theirs = Scenario.All.Where(scenario => scenario.IsBare).ToDictionary(
        scenario => scenario.Name, scenario => new Measurement(bare, scenario, api, new(bareChannel)));
    for (var i = 0; i < Warm; i++)
    {
        foreach (var measurement in ours.Values.Concat(theirs.Values))
            await measurement.WarmAsync();
    }

    Console.WriteLine($"{"",-10}{"bytes",10}{"committed",10}{"bare",10}{"more",10}");
    foreach (var scenario in Scenario.All)
    {
        var bytes = await MeasureAsync(ours[scenario.Name], Committed(scenario.Name) * Tolerance);
        var bareBytes = scenario.IsBare ? await theirs[scenario.Name].MeasureAsync() : double.NaN;
        Console.WriteLine(
            $"{scenario.Name,-10}{Text(bytes),10}{Text(Committed(scenario.Name)),10}{Text(bareBytes),10}"
            + $"{Text(bytes - bareBytes),10}   {scenario.Description}");
        failed += committed is null || IsWithin(scenario.Name, bytes) ? 0 : 1;
    }
}

if (committed is null)
    return 0;
var passed = Scenario.All.Length - failed;
foreach (var name in committed.Keys.Except(Scenario.All.Select(scenario => scenario.Name)))
{
    failed++;
    Console.WriteLine($"FAIL: {name} has a committed number, and is no scenario.");
}

Console.WriteLine($"{passed} passed, {failed} failed");
return failed == 0 ? 0 : 1;

static Task<MeteredServer> StartAsync(Dictionary<string, string> settings)
{
    settings["Engine__CircuitMinimumAttempts"] = "100000";
    foreach (var (name, value) in ServerCommand.Unlimited)
        settings[name] = value;
    return MeteredServer.StartAsync(ServerCommand.Actions(settings));
}

async Task<double> MeasureAsync(Measurement measurement, double limit)
{
    var bytes = await measurement.MeasureAsync();
    for (var i = 1; i < Tries && bytes > limit; i++)
        bytes = await measurement.MeasureAsync();
    return bytes;
}

bool IsWithin(string name, double bytes)
{
    var number = Committed(name);
    if (double.IsNaN(number))
        Console.WriteLine($"FAIL: {name} has no committed number; it allocates {Text(bytes)} bytes.");
    else if (bytes > number * Tolerance)
        Console.WriteLine($"FAIL: {name} allocates {Text(bytes)} bytes, more than 5 % above {Text(number)}.");
    else if (bytes * Tolerance < number)
        Console.WriteLine($"{name} allocates {Text(bytes)} bytes now: lower the committed number.");
    return bytes <= number * Tolerance;
}

double Committed(string name) => committed?.TryGetValue(name, out var number) is true ? number : double.NaN;

static string Text(double bytes) => double.IsNaN(bytes) ? "" : bytes.ToString("0", CultureInfo.InvariantCulture);
