using System.Runtime.InteropServices;
using Actions.Demo;
using Actions.V1;
using Grpc.Core;
using Grpc.Net.Client;

// Four callers, one voice engine. Everything is real: the API, the server in its own process with its database file,
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
    timeline.Title("Actions.Grpc: a voice engine takes four calls");

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
        var begin = time.GetTimestamp();
        var received = new List<ReceivedEvent>();
        var isInterrupted = await ListenAsync(
            engine.ExecuteAsync(call, begin, stop.Token), received, untilDelay: call.Interruption.Length > 0);
        if (isInterrupted)
        {
            timeline.Interruption(call);
            await ListenAsync(engine.AttachAsync(received[^1], begin, stop.Token), received, untilDelay: false);
        }

        call.Check(received);
        if (isInterrupted)
            await RepeatAsync(engine, call);
    }
}

async Task RepeatAsync(VoiceEngine engine, PhoneCall call)
{
    timeline.Repeat(call);
    var received = new List<ReceivedEvent>();
    await ListenAsync(engine.ExecuteAsync(call, time.GetTimestamp(), stop.Token), received, untilDelay: false);
    call.CheckRepeat(received);
    if (ShopApi.Returns != 1)
        throw new DemoFailedException($"The shop was asked {ShopApi.Returns} times for one return.");
}

// Returns whether it left before the end: leaving the loop cancels the stream.
async Task<bool> ListenAsync(IAsyncEnumerable<ReceivedEvent> events, List<ReceivedEvent> received, bool untilDelay)
{
    await foreach (var next in events)
    {
        timeline.Event(next);
        received.Add(next);
        if (untilDelay && next.Event.Delay is not null)
            return true;
    }

    return false;
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
