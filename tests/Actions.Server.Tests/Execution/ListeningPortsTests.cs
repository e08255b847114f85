using Actions.Server.Execution;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Actions.Server.Tests.Execution;

public sealed class ListeningPortsTests
{
    /// <summary>Kestrel opens and closes listeners while it runs, if the settings in its file change.</summary>
    [Fact]
    public void ListenersThatChange_KnownFromThenOn()
    {
        using var server = new Listeners();
        using var services = new ServiceCollection().AddSingleton<IServer>(server).BuildServiceProvider();
        var ports = new ListeningPorts(services);

        ports.Now().ShouldBeEmpty();
        server.Addresses.Add("http://[::]:5080");
        ports.Now().ShouldBe([5080]);
        server.Addresses.Add("https://127.0.0.1:5081");
        ports.Now().ShouldBe([5080, 5081]);
        server.Addresses.Remove("http://[::]:5080");
        server.Addresses.Add("http://[::]:5082");
        ports.Now().ShouldBe([5081, 5082]);
        server.Addresses.Clear();
        ports.Now().ShouldBeEmpty();
    }

    private sealed class Listeners : IServer
    {
        public Listeners() => Features.Set<IServerAddressesFeature>(new ServerAddressesFeature());

        public IFeatureCollection Features { get; } = new FeatureCollection();

        public ICollection<string> Addresses => Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;

        public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
            where TContext : notnull => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
        }
    }
}
