using System.Runtime.InteropServices;
using Actions.Demo;
using Actions.V1;
using Grpc.Core;
using Grpc.Net.Client;

// Three callers, one voice engine. Everything is real: the API, the server in its own process with its database file,
// gRPC
// and HTTP between them. Exits with 0 if each call went as expected, so it is also a smoke test.

var time = TimeProvider.System;
var timeline = new Timeline(Console.Out, Console.Error);
var serverOutput = new ServerOutput();
using var stop = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

try
{
    var begin = time.GetTimestamp();
    timeline.Title("Actions.Grpc: a voice engine takes three calls");

    await using var shop = await ShopApi.StartAsync(time, stop.Token);
    timeline.Fact("sample API", $"a shop on {shop.Address.OriginalString}");

    var launch = time.GetTimestamp();
    await using var server = await ServerProcess.StartAsync(serverOutput, time, stop.Token);
    var ready = Timeline.Seconds(time.GetElapsedTime(launch));
    timeline.Fact("server", $"gRPC on {server.Address.OriginalString}, ready after {ready}");
    timeline.Fact("database", server.Database);

    using var channel = Connect(server.Address);
    var calls = ShopCalls.To(shop.Address);
    await CreateActionsAsync(new ActionConfigService.ActionConfigServiceClient(channel), calls);
    await TakeCallsAsync(new VoiceEngine(new ActionService.ActionServiceClient(channel), time), calls);
    await server.StopAsync();

    var total = Timeline.Seconds(time.GetElapsedTime(begin));
    timeline.End($"All {calls.Count} calls went as expected, in {total} from the first line to the last.");
    return 0;
}
catch (Exception e) when (stop.IsCancellationRequested && e is OperationCanceledException or RpcException)
{
    timeline.Failed("Stopped before the end.");
    return 130;
}
catch (Exception e) when (e is DemoFailedException or RpcException)
{
    timeline.Quote("The last lines of the server:", serverOutput.Lines);
    timeline.Failed(e is RpcException rpc ? $"An RPC failed: {rpc.StatusCode}, {rpc.Status.Detail}" : e.Message);
    return 1;
}

async Task CreateActionsAsync(ActionConfigService.ActionConfigServiceClient configs, IReadOnlyList<PhoneCall> calls)
{
    foreach (var call in calls)
    {
        var request = new CreateActionConfigRequest { ActionConfig = call.Action };
        var created = (await configs.CreateActionConfigAsync(request, cancellationToken: stop.Token)).ActionConfig;
        timeline.Fact("action", $"\"{created.Name}\" has the id {created.Id}");
    }
}

async Task TakeCallsAsync(VoiceEngine engine, IReadOnlyList<PhoneCall> calls)
{
    foreach (var call in calls)
    {
        timeline.Call(call);
        var received = new List<ReceivedEvent>();
        await foreach (var next in engine.ExecuteAsync(call, stop.Token))
        {
            timeline.Event(next);
            received.Add(next);
        }

        call.Check(received);
    }
}

// The server is on this machine: a proxy in the environment must not be used.
static GrpcChannel Connect(Uri address) => GrpcChannel.ForAddress(address, new GrpcChannelOptions
{
    HttpHandler = new SocketsHttpHandler { UseProxy = false },
    DisposeHttpClient = true,
});

// Keeps the process alive until the server is stopped and its files are removed.
void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
