using System.Diagnostics;
using System.Runtime.InteropServices;
using Actions.Allocations;
using Actions.Load.Driver;
using Actions.Load.Peers;
using Actions.Load.Reports;

namespace Actions.Load.Scenarios;

/// <summary>From the start of the process to the first event of the first call, on all processors.</summary>
internal static class FirstEvent
{
    public const string Name = "first";
    public const string ReadyToRun = "-r2r";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(Bench bench)
    {
        if (!bench.Has(Name))
            return;
        await Machine.PinDriverAsync(alone: false);
        await using var api = await OrderApi.StartAsync(bench.Time);
        var store = Directory.CreateTempSubdirectory("actions-bench-store-");
        try
        {
            // A server starts with the actions that it has.
            var prepare = ServerCommand.Actions() with { Folder = store.FullName };
            await using (var server = await MeteredServer.StartAsync(prepare))
                await RunningPeer.CreateActionsAsync(server.Address, api.Address);
            var commands = bench.Peers.ToDictionary(
                peer => peer.Name, peer => ToCommand(peer, peer.ToCommand(api.Address)));
            foreach (var peer in bench.Peers.Where(peer => peer.IsDotnet))
            {
                if (await PublishAsync(peer) is { } assembly)
                    commands[peer.Name + ReadyToRun] = ToCommand(peer, peer.IsOurs
                        ? ServerCommand.Actions(assembly: assembly)
                        : ServerCommand.Bare(api.Address, assembly));
            }

            for (var round = 1; round <= bench.Options.Rounds; round++)
            {
                foreach (var (name, command) in commands)
                    await MeasureAsync(bench, name, command, round);
            }
        }
        finally
        {
            store.Delete(recursive: true);
        }

        ServerCommand ToCommand(Peer peer, ServerCommand command) =>
            command with { IsMetered = false, Folder = peer.IsOurs ? store.FullName : null };
    }

    private static async Task MeasureAsync(Bench bench, string name, ServerCommand command, int round)
    {
        bench.Stop.ThrowIfCancellationRequested();
        var began = bench.Time.GetTimestamp();
        await using var server = await MeteredServer.StartAsync(command);
        var open = bench.Time.GetElapsedTime(began);
        using var caller = new Caller(server.Address, connections: 1, bench.Time);
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(bench.Stop);
        lost.CancelAfter(Patience);
        var call = await caller.ExecuteAsync(Job.Small, began, null, lost.Token);
        if (!call.IsResult)
            throw new InvalidOperationException($"{name}: {call.Wrong ?? call.Outcome}\n{server.Output}");
        var first = bench.Time.GetElapsedTime(began, call.Started);
        bench.Results.Add(Name, name, round, Metric.PortOpen, open.TotalMilliseconds);
        bench.Results.Add(Name, name, round, Metric.FirstEvent, first.TotalMilliseconds);
        bench.Results.Add(
            Name, name, round, Metric.FirstResult, bench.Time.GetElapsedTime(began, call.Ended).TotalMilliseconds);
        Console.WriteLine(
            $"{Name,-9}{round,2}  {name,-12} port open {open.TotalMilliseconds:0} ms, "
            + $"event {first.TotalMilliseconds:0} ms");
    }

    /// <returns>The assembly, compiled ahead of time. Null: the compiler for that can't be had.</returns>
    private static async Task<string?> PublishAsync(Peer peer)
    {
        var (project, name) = peer.IsOurs
            ? ("src/Actions.Server", "Actions.Server")
            : ("bench/peers/csharp", "Actions.Peer");
        // Beside the usual build, which must not change.
        var folder = Path.Combine(ServerCommand.Root, "artifacts/bench/ready-to-run");
        var output = Path.Combine(folder, peer.Name);
        Console.WriteLine($"{peer.Name}: compiling ahead of time");
        using var process = Process.Start(new ProcessStartInfo("dotnet",
        [
            "publish", Path.Combine(ServerCommand.Root, project), "--configuration", "Release", "--verbosity", "quiet",
            "--runtime", RuntimeInformation.RuntimeIdentifier, "--self-contained", "false", "--output", output,
            "--artifacts-path", Path.Combine(folder, "build"), "-p:PublishReadyToRun=true", "-p:RunAnalyzers=false",
            "-p:EnforceCodeStyleInBuild=false", "-nologo",
        ]))!;
        await process.WaitForExitAsync();
        if (process.ExitCode == 0)
            return Path.Combine(output, name + ".dll");
        Console.WriteLine($"{peer.Name}, compiled ahead of time: skipped");
        return null;
    }
}
