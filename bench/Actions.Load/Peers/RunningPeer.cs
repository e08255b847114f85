using Actions.Allocations;
using Actions.Load.Driver;
using Actions.V1;
using Grpc.Net.Client;

namespace Actions.Load.Peers;

/// <summary>A peer in a process of its own, and the connections to it.</summary>
internal sealed class RunningPeer : IAsyncDisposable
{
    private const int WarmCallers = 64;

    private static readonly TimeSpan Burst = TimeSpan.FromSeconds(1.2);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1.2);

    private readonly MeteredServer _server;

    private RunningPeer(Peer peer, MeteredServer server, Caller caller)
    {
        Peer = peer;
        _server = server;
        Caller = caller;
    }

    public Peer Peer { get; }

    public Caller Caller { get; }

    public Usage Usage => Usage.Read(_server.ProcessId);

    /// <param name="processors">Null: any.</param>
    /// <param name="settings">Of Actions.Grpc.</param>
    public static async Task<RunningPeer> StartAsync(
        Peer peer, Uri api, string? processors, int connections, TimeProvider time,
        Dictionary<string, string>? settings = null)
    {
        var server = await MeteredServer.StartAsync(peer.ToCommand(api, settings).On(processors));
        try
        {
            if (peer.IsOurs)
                await CreateActionsAsync(server.Address, api);
            return new RunningPeer(peer, server, new Caller(server.Address, connections, time));
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public static async Task CreateActionsAsync(Uri server, Uri api)
    {
        using var channel = GrpcChannel.ForAddress(server);
        var configs = new ActionConfigService.ActionConfigServiceClient(channel);
        foreach (var job in Job.All)
            await configs.CreateActionConfigAsync(new CreateActionConfigRequest { ActionConfig = job.ToAction(api) });
    }

    /// <summary>
    /// Calls it until its code is compiled as it will be. On one processor .NET does that only in a pause.
    /// </summary>
    public async Task WarmAsync(
        Loops loops, Job job, int bursts, TimeProvider time, CancellationToken stop)
    {
        var rates = new List<string>();
        for (var i = 0; i < (Peer.IsDotnet ? bursts : Math.Min(bursts, 2)); i++)
        {
            var tally = await loops.ClosedAsync(Caller, job, WarmCallers, Burst);
            rates.Add($"{tally.Completed / tally.Window.TotalSeconds:0}");
            if (Peer.IsDotnet)
                await Task.Delay(Pause, time, stop);
        }

        Console.WriteLine($"{Peer.Name}: warm, {job.Name} calls/s {string.Join(", ", rates)}");
    }

    /// <returns>Bytes since its start. NaN: not .NET.</returns>
    public async Task<double> ReadAllocatedAsync() =>
        Peer.IsDotnet ? (await _server.ReadAsync()).Allocated : double.NaN;

    public async Task CollectAsync()
    {
        if (Peer.IsDotnet)
            await _server.ReadAsync(collect: true);
    }

    public async ValueTask DisposeAsync()
    {
        Caller.Dispose();
        await _server.DisposeAsync();
    }
}
