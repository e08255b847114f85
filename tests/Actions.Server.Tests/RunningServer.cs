using Actions.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Actions.Server.Tests;

/// <summary>The whole server in this process, on real sockets and a database file of its own, with a client.</summary>
public sealed class RunningServer : IAsyncDisposable
{
    private const string DatabaseName = "actions.db";

    private readonly Factory _factory;
    private readonly DirectoryInfo _folder;

    private RunningServer(Factory factory, DirectoryInfo folder)
    {
        _factory = factory;
        _folder = folder;
        // In the order of their configuration: Grpc, Web.
        var addresses = factory.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        GrpcAddress = new Uri(addresses.First());
        WebAddress = new Uri(addresses.Last());
        Channel = GrpcChannel.ForAddress(GrpcAddress);
        Configs = new V1.ActionConfigService.ActionConfigServiceClient(Channel);
        Actions = new V1.ActionService.ActionServiceClient(Channel);
    }

    public Uri GrpcAddress { get; }

    public Uri WebAddress { get; }

    public GrpcChannel Channel { get; }

    public V1.ActionConfigService.ActionConfigServiceClient Configs { get; }

    public V1.ActionService.ActionServiceClient Actions { get; }

    public IServiceProvider Services => _factory.Services;

    /// <summary>What the server has logged.</summary>
    public IReadOnlyCollection<string> Log => _factory.Log.Lines;

    /// <summary>The database file, unless the settings name another.</summary>
    public string DatabasePath => Path.Combine(_folder.FullName, DatabaseName);

    /// <param name="settings">Configuration keys as in the environment, with colons.</param>
    /// <param name="time">The clock, where it matters.</param>
    public static Task<RunningServer> StartAsync(Dictionary<string, string>? settings = null, TimeProvider? time = null)
    {
        var folder = Directory.CreateTempSubdirectory("actions-server-");
        var factory = new Factory(settings ?? [], folder.FullName, time);
        try
        {
            factory.UseKestrel();
            factory.StartServer();
            return Task.FromResult(new RunningServer(factory, folder));
        }
        catch
        {
            factory.Dispose();
            folder.Delete(recursive: true);
            throw;
        }
    }

    /// <returns>What was stored.</returns>
    public async Task<ActionConfig> CreateAsync(ActionConfig action)
    {
        var response = await Configs.CreateActionConfigAsync(
            new() { ActionConfig = action }, cancellationToken: TestContext.Current.CancellationToken);
        return response.ActionConfig;
    }

    /// <returns>What is stored.</returns>
    public async Task<ActionConfig> GetAsync(string id)
    {
        var response = await Configs.GetActionConfigAsync(
            new() { Id = id }, cancellationToken: TestContext.Current.CancellationToken);
        return response.ActionConfig;
    }

    /// <param name="change">Its id says which.</param>
    /// <param name="paths">The update mask.</param>
    /// <returns>What was stored.</returns>
    public async Task<ActionConfig> UpdateAsync(ActionConfig change, params IEnumerable<string> paths)
    {
        var response = await Configs.UpdateActionConfigAsync(
            new() { ActionConfig = change, UpdateMask = new() { Paths = { paths } } },
            cancellationToken: TestContext.Current.CancellationToken);
        return response.ActionConfig;
    }

    /// <returns>All events of an execution that ends with OK.</returns>
    public async Task<IReadOnlyList<ExecutionEvent>> ExecuteAsync(ExecuteRequest request)
    {
        using var call = Actions.Execute(request, cancellationToken: TestContext.Current.CancellationToken);
        return await call.ReadToEndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _factory.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private sealed class Factory(Dictionary<string, string> settings, string folder, TimeProvider? time)
        : WebApplicationFactory<Program>
    {
        public LogCapture Log { get; } = new();

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseSetting("Logging:Console:LogLevel:Default", "None");
            builder.ConfigureLogging(logging => logging.AddProvider(Log));
            builder.UseSetting("Kestrel:Endpoints:Grpc:Url", "http://127.0.0.1:0");
            builder.UseSetting("Kestrel:Endpoints:Web:Url", "http://127.0.0.1:0");
            builder.UseSetting("Storage:Sqlite:Path", Path.Combine(folder, DatabaseName));
            builder.UseSetting("Outbound:AllowedNetworks", "loopback");
            foreach (var (key, value) in settings)
                builder.UseSetting(key, value);
            if (time is not null)
                builder.ConfigureTestServices(services => services.Replace(ServiceDescriptor.Singleton(time)));
        }
    }
}
