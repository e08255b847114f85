using System.CommandLine;

namespace Actions.Server.Commands;

/// <summary>
/// <c>healthcheck</c>: checks whether a running server is ready, in an image without shell and curl. Prints one line.
/// </summary>
internal static class HealthCheckCommand
{
    // Probes of Docker and Kubernetes can be configured to wait as long, and a response takes far less.
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(3);

    public static Command Create()
    {
        var url = new Option<string>("--url")
        {
            HelpName = "url", Description = "The URL to request. Default: /readyz of the configured web listener.",
        };
        url.Validators.Add(result =>
        {
            if (AddressOf(result.GetValueOrDefault<string>()) is null)
                result.AddError("--url must be an address such as http://127.0.0.1:5081/readyz.");
        });
        var command = new Command("healthcheck", "Checks whether a running server is ready. Exit code 0: it is.") { url };
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
            await Console.Error.WriteLineAsync(e is HttpRequestException ? e.Message : $"No response within {ProbeTimeout.TotalSeconds} s.");
            return 1;
        }
    }

    private static Uri? AddressOf(string? url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : null;

    private static string Default()
    {
        // The same configuration as the server's; in an image that is the environment.
        var configured = Host.CreateApplicationBuilder().Configuration["Kestrel:Endpoints:Web:Url"] ?? "http://127.0.0.1:5081";
        var address = BindingAddress.Parse(configured);
        // A server that listens on every address also listens on loopback.
        var host = address.Host is "*" or "+" or "0.0.0.0" or "[::]" ? "127.0.0.1" : address.Host;
        return $"{address.Scheme}://{host}:{address.Port}/readyz";
    }
}
