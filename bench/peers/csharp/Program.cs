using Actions.Peer;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

// What a team writes by hand on grpc-dotnet: one call, one HTTP request, two events. No limits, no guard, no store.
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2);
    kestrel.Limits.Http2.MaxStreamsPerConnection = 10_000;
});
builder.Services.AddGrpc();
builder.Services.AddSingleton(new Api(new Uri(args[0])));
builder.Services.AddSingleton<BareActionService>();
var app = builder.Build();
app.MapGrpcService<BareActionService>();
await app.StartAsync();
var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
Console.WriteLine($"Grpc {address}");
await app.WaitForShutdownAsync();
