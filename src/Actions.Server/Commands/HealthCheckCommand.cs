using System.CommandLine;

namespace Actions.Server.Commands;

/// <summary>
/// <c>healthcheck</c>: asks a running server whether it is ready, for an image that has neither shell nor curl. One
/// line.
/// </summary>
internal static class HealthCheckCommand
{
    // As long as Docker and Kubernetes may be told to wait for a probe, and far above what an answer takes.
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(3);

    public static Command Create()
    {
        var url = new Option<string>("--url")
        {
            HelpName = "url", Description = "The address to ask. Default: /readyz of the web listener that the settings name.",
        };
        url.Validators.Add(result =>
        {
            if (AddressOf(result.GetValueOrDefault<string>()) is null)
                result.AddError("--url must be an address such as http://127.0.0.1:5081/readyz.");
        });
        var command = new Command("healthcheck", "Asks a running server whether it is ready. Exit code 0: it is.") { url };
        command.SetAction((parsed, _) => RunAsync(AddressOf(parsed.GetValue(url) ?? Default())!));
        return command;
    }

    private static async Task<int> RunAsync(Uri url)
    {
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(System.Net.Http.HttpMethod.Get, url);
        using var timeout = new CancellationTokenSource(ProbeTimeout, TimeProvider.System);
        try
        {
            using var response = await client.SendAsync(request, timeout.Token);
            var text = (await response.Content.ReadAsStringAsync(timeout.Token)).Trim();
            await (response.IsSuccessStatusCode ? Console.Out : Console.Error).WriteLineAsync($"{(int)response.StatusCode} {text}");
            return response.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync(e is HttpRequestException ? e.Message : $"No answer within {ProbeTimeout.TotalSeconds} s.");
            return 1;
        }
    }

    private static Uri? AddressOf(string? url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : null;

    private static string Default()
    {
        // As the server would read it; in an image that is the environment.
        var configured = Host.CreateApplicationBuilder().Configuration["Kestrel:Endpoints:Web:Url"] ?? "http://127.0.0.1:5081";
        var address = BindingAddress.Parse(configured);
        // Where a server listens on every address, it does so on loopback.
        var host = address.Host is "*" or "+" or "0.0.0.0" or "[::]" ? "127.0.0.1" : address.Host;
        return $"{address.Scheme}://{host}:{address.Port}/readyz";
    }
}
