using System.Runtime.InteropServices;
using Actions.Load;
using Actions.Load.Driver;
using Actions.Load.Peers;
using Actions.Load.Reports;
using Actions.Load.Scenarios;

// Actions.Grpc beside servers that a team would write by hand: the same contract, the same visible work, one machine.
var time = TimeProvider.System;
if (args is [OrderApi.Apart])
{
    await OrderApi.ServeAsync(time);
    return 0;
}

Options options;
try
{
    options = Options.Read();
}
catch (ArgumentException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}

using var stop = new CancellationTokenSource();
// Ctrl-C and SIGTERM end the run as a failure does: through all that disposes of the servers.
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
var began = time.GetTimestamp();
var results = new Results();
try
{
    var machine = await Machine.DescribeAsync(time);
    var peers = await Peer.SetUpAsync(options.Peers);
    var bench = new Bench(options, peers, results, time, stop.Token);
    await Steady.RunAsync(bench);
    await Overload.RunAsync(bench);
    await InFlight.RunAsync(bench);
    await FirstEvent.RunAsync(bench);
    var path = Files.Write(results, peers, options, machine);
    Console.WriteLine($"{path}, after {time.GetElapsedTime(began).TotalMinutes:0} minutes");
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.WriteLine("Stopped.");
    return 130;
}

foreach (var wrong in results.Wrong)
    Console.WriteLine($"WRONG: {wrong}");
return results.Wrong.Count == 0 ? 0 : 1;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
