using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Actions.Bench;

/// <summary>An API that answers at once, and one that takes its time.</summary>
internal sealed class Upstream : IAsyncDisposable
{
    private readonly WebApplication app;

    private Upstream(WebApplication app)
    {
        this.app = app;
        Address = new Uri(app.Urls.Single());
    }

    public Uri Address { get; }

    public static async Task<Upstream> StartAsync(TimeSpan slow, TimeProvider time)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/fast", () => TypedResults.Text("""{"order":{"status":"shipped"}}""", "application/json"));
        app.MapGet("/slow", async (HttpContext context) =>
        {
            await Task.Delay(slow, time, context.RequestAborted);
            return TypedResults.Text("""{"order":{"status":"shipped"}}""", "application/json");
        });
        await app.StartAsync();
        return new Upstream(app);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
