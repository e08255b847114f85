using System.Buffers;
using System.Text;
using Actions.Allocations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Actions.Load.Driver;

/// <summary>
/// The API of all peers: <c>/{job}/{key}</c>, answered with that key. It is as cheap as can be, because it shares a
/// processor with the driver.
/// </summary>
internal sealed class OrderApi : IAsyncDisposable
{
    /// <summary>The argument of a process that is only the API.</summary>
    public const string Apart = "api";

    private readonly WebApplication _app;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private int _inFlight;

    private OrderApi(TimeProvider time)
    {
        _time = time;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public Uri Address => new(_app.Urls.Single());

    /// <summary>How long it takes for an answer.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>Calls that it had at once while it took its time.</summary>
    public int MostInFlight { get; private set; }

    public static async Task<OrderApi> StartAsync(TimeProvider time)
    {
        var api = new OrderApi(time);
        await api._app.StartAsync();
        return api;
    }

    /// <summary>In a process of its own: a driver that has too much to do must not make the API wait.</summary>
    public static Task<MeteredServer> StartApartAsync() =>
        MeteredServer.StartAsync(new ServerCommand(Environment.ProcessPath!, [Apart], []).On(Machine.DriverProcessor));

    /// <summary>What that process does, until its standard input ends: with the driver at the latest.</summary>
    public static async Task ServeAsync(TimeProvider time)
    {
        await using var api = await StartAsync(time);
        Console.WriteLine($"Grpc {api.Address}");
        await Console.In.ReadToEndAsync();
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        var slash = path.IndexOf('/', 1);
        var job = slash < 0 ? null : Job.All.FirstOrDefault(job => path.AsSpan(1, slash - 1).SequenceEqual(job.Name));
        if (job is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (Latency > TimeSpan.Zero)
            await WaitAsync(context.RequestAborted);
        var key = Encoding.UTF8.GetBytes(path[(slash + 1)..]);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = job.AnswerLength + key.Length * (job.Answer.Length - 1);
        for (var i = 0; i < job.Answer.Length; i++)
        {
            if (i > 0)
                context.Response.BodyWriter.Write(key);
            context.Response.BodyWriter.Write(job.Answer[i]);
        }

        await context.Response.BodyWriter.FlushAsync();
    }

    private async Task WaitAsync(CancellationToken aborted)
    {
        lock (_gate)
            MostInFlight = Math.Max(MostInFlight, ++_inFlight);
        try
        {
            await Task.Delay(Latency, _time, aborted);
        }
        finally
        {
            lock (_gate)
                _inFlight--;
        }
    }
}
