using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Actions.Demo;

/// <summary>A typical shop API: one endpoint is fast, two are slow, one is out of order.</summary>
internal sealed class ShopApi : IAsyncDisposable
{
    public static readonly TimeSpan CarrierLatency = TimeSpan.FromSeconds(3);

    private static int _returns;

    private readonly WebApplication _app;

    private ShopApi(WebApplication app) => _app = app;

    /// <summary>How often a return was asked for.</summary>
    public static int Returns => _returns;

    public Uri Address =>
        new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public static async Task<ShopApi> StartAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        // The empty builder reads no environment: settings of the server don't reach this API.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(IPAddress.Loopback, port: 0));
        builder.Services.AddRoutingCore();

        var app = builder.Build();
        app.MapGet("/orders/{id}", Order);
        app.MapGet("/orders/{id}/parcel", (string id, CancellationToken aborted) => ParcelAsync(id, time, aborted));
        app.MapGet("/orders/{id}/invoice", Invoice);
        app.MapPost("/orders/{id}/return", (string id, CancellationToken aborted) => ReturnAsync(id, time, aborted));
        await app.StartAsync(cancellationToken);
        var shop = new ShopApi(app);
        await shop.AnswerOnceAsync(cancellationToken);
        return shop;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    // The first request compiles the API's code. Without this request the timeline would show that time.
    private async Task AnswerOnceAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Address, "orders/first"));
        using var response = await http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    private static IResult Order(string id) => Results.Json(new
    {
        order = new
        {
            id,
            status = "out for delivery",
            total = 129.9,
            items = new[] { new { name = "trail shoes", quantity = 1 }, new { name = "socks", quantity = 3 } },
        },
    });

    private static async Task<IResult> ParcelAsync(string id, TimeProvider time, CancellationToken aborted)
    {
        await Task.Delay(CarrierLatency, time, aborted);
        return Results.Json(new { parcel = new { order_id = id, arrives = "16:40", stops_before = 4 } });
    }

    private static async Task<IResult> ReturnAsync(string id, TimeProvider time, CancellationToken aborted)
    {
        Interlocked.Increment(ref _returns);
        await Task.Delay(CarrierLatency, time, aborted);
        return Results.Json(new { label = $"RL-{id}", pickup = "tomorrow" });
    }

    private static IResult Invoice(string id) => Results.Json(
        new { error = $"no invoice for {id}: accounts are down" }, statusCode: StatusCodes.Status503ServiceUnavailable);
}
