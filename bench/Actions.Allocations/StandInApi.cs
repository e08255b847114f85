using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Actions.Allocations;

/// <summary>The API of all scenarios.</summary>
internal sealed class StandInApi : IAsyncDisposable
{
    private const string Json = "application/json";
    private const string Token = """{"access_token":"made-up","token_type":"Bearer","expires_in":86400}""";

    private readonly SemaphoreSlim _delays = new(0);
    private readonly WebApplication _app;

    private StandInApi(WebApplication app)
    {
        _app = app;
        foreach (var scenario in Scenario.All)
            app.Map($"/{scenario.Name}/{{**rest}}", () => AnswerAsync(scenario));
        app.MapPost("/token", () => Results.Text(Token, Json));
    }

    public Uri Address => new(_app.Urls.Single());

    public static async Task<StandInApi> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var api = new StandInApi(builder.Build());
        await api._app.StartAsync();
        return api;
    }

    /// <summary>The client has a Delay.</summary>
    public void HearDelay() => _delays.Release();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _delays.Dispose();
    }

    private async Task<IResult> AnswerAsync(Scenario scenario)
    {
        if (scenario.AnswersAfterDelay)
            await _delays.WaitAsync();
        if (scenario.IsChunked)
            return Results.Stream(body => body.WriteAsync(Encoding.UTF8.GetBytes(scenario.Answer)).AsTask(), Json);
        return Results.Text(scenario.Answer, Json, statusCode: scenario.Status);
    }
}
