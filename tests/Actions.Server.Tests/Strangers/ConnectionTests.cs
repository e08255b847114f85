using System.Net;
using System.Net.Sockets;
using System.Text;
using Actions.Server.Tests.Access;
using Actions.Server.Tests.Lifecycle;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace Actions.Server.Tests.Strangers;

/// <summary>Connections of clients without a key, all of them from the address of those that have one.</summary>
public sealed class ConnectionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("GET /read")]
    [InlineData("GET /readyz HTTP/1.1\r\nHost: a\r\n")]
    [InlineData("\u0016\u0003\u0001")]
    public async Task ConnectionsThatSayLittleOrNothing_DoNotHideReadiness(string sent)
    {
        await using var server = await RunningServer.StartAsync();
        using var strangers = new Sockets();
        await strangers.OpenAsync(520, server.WebAddress, sent);

        var ready = await WebProbe.GetAsync(server.WebAddress, "readyz", Token);

        ready.ShouldBe((HttpStatusCode.OK, "ready"));
    }

    [Fact]
    public async Task SilentConnection_IsClosedSoon()
    {
        await using var server = await RunningServer.StartAsync(new() { ["Server:RequestHeadersTimeout"] =
            "00:00:01" });
        using var strangers = new Sockets();
        await strangers.OpenAsync(1, server.WebAddress, "");
        await strangers.OpenAsync(1, server.GrpcAddress, "");

        await strangers.AllAreClosedAsync();
    }

    [Fact]
    public async Task WatchesOnTheirOwnConnections_LockOutNobodyWithAKey()
    {
        await using var server = await KeyedServer.StartAsync(new() { ["Server:MaxConnections"] = "20" });
        var watching = new List<GrpcChannel>();
        try
        {
            for (var i = 0; i < 25; i++)
            {
                watching.Add(GrpcChannel.ForAddress(server.Running.GrpcAddress));
                var watch = new Health.HealthClient(watching[^1]).Watch(new(), cancellationToken: Token);
                await watch.ResponseStream.MoveNext(Token);
            }

            await server.As(server.AdminKey).Configs.ListActionConfigsAsync(new(), cancellationToken: Token);
            server.Running.Log.Count(line => line.Contains("Server:MaxConnections")).ShouldBe(1);
        }
        finally
        {
            watching.ForEach(channel => channel.Dispose());
        }
    }

    [Fact]
    public async Task ConnectionWithAKey_KeepsItsPlace()
    {
        await using var server = await KeyedServer.StartAsync(new() { ["Server:MaxConnections"] = "4" });
        await using var upstream = new RawUpstream(connection => connection.HoldAsync());
        var admin = server.As(server.AdminKey);
        var action = await admin.CreateAsync(AnAction.Calling(upstream.Url));
        using var execution = admin.Actions.Execute(new() { Id = action.Id }, cancellationToken: Token);
        (await execution.NextAsync()).Start.ShouldNotBeNull();
        using var strangers = new Sockets();

        await strangers.OpenAsync(50, server.Running.GrpcAddress, "");

        await admin.Configs.ListActionConfigsAsync(new(), cancellationToken: Token);
        // Another client with a key finds a place, too: until there are only such clients.
        await CallAsync();
        execution.Dispose();

        async Task CallAsync()
        {
            using var channel = GrpcChannel.ForAddress(server.Running.GrpcAddress);
            var headers = new Metadata { { "authorization", $"Bearer {server.AdminKey}" } };
            await new V1.ActionConfigService.ActionConfigServiceClient(channel)
                .ListActionConfigsAsync(new(), headers, cancellationToken: Token);
        }
    }

    [Fact]
    public async Task WrongKey_GivesNoPlace()
    {
        await using var server = await KeyedServer.StartAsync(new() { ["Server:MaxConnections"] = "3" });
        var guessing = new List<GrpcChannel>();
        try
        {
            for (var i = 0; i < 6; i++)
            {
                guessing.Add(GrpcChannel.ForAddress(server.Running.GrpcAddress));
                var headers = new Metadata { { "authorization", "Bearer wrong" } };
                await Refusal.OfAsync(new V1.ActionConfigService.ActionConfigServiceClient(guessing[^1])
                    .ListActionConfigsAsync(new(), headers, cancellationToken: Token));
            }

            await server.As(server.AdminKey).Configs.ListActionConfigsAsync(new(), cancellationToken: Token);
        }
        finally
        {
            guessing.ForEach(channel => channel.Dispose());
        }
    }

    private sealed class Sockets : IDisposable
    {
        private readonly List<Socket> _open = [];

        public async Task OpenAsync(int number, Uri server, string sent)
        {
            for (var i = 0; i < number; i++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                _open.Add(socket);
                await socket.ConnectAsync(server.Host, server.Port, Token);
                if (sent.Length > 0)
                    await socket.SendAsync(Encoding.Latin1.GetBytes(sent), Token);
            }
        }

        public async Task AllAreClosedAsync()
        {
            foreach (var socket in _open)
            {
                try
                {
                    var received = await socket.ReceiveAsync(new byte[100], Token).AsTask()
                        .WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Token);
                    received.ShouldBe(0);
                }
                catch (SocketException e)
                {
                    e.SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
                }
            }
        }

        public void Dispose() => _open.ForEach(socket => socket.Dispose());
    }
}
