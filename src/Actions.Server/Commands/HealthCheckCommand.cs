namespace Actions.Server.Commands;

/// <summary>
/// <c>healthcheck</c>: asks a running server whether it is ready, for an image that has neither shell nor curl. One line.
/// </summary>
internal static class HealthCheckCommand
{
    public const string Usage = "healthcheck [--url http://127.0.0.1:5081/readyz]";

    // As long as Docker and Kubernetes may be told to wait for a probe, and far above what an answer takes.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <param name="args">Without an address: /readyz where the settings say that the web listener is.</param>
    /// <returns>The exit code: 0 for an answer of 200, otherwise 1.</returns>
    /// <exception cref="UsageException">It can't be understood.</exception>
    public static async Task<int> RunAsync(CommandArguments args)
    {
        var url = AddressOf(args.Optional("url") ?? Default());
        args.Finished();
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(System.Net.Http.HttpMethod.Get, url);
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        try
        {
            using var response = await client.SendAsync(request, patience.Token);
            var text = (await response.Content.ReadAsStringAsync(patience.Token)).Trim();
            await (response.IsSuccessStatusCode ? Console.Out : Console.Error).WriteLineAsync($"{(int)response.StatusCode} {text}");
            return response.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync(e is HttpRequestException ? e.Message : $"No answer within {Patience.TotalSeconds} s.");
            return 1;
        }
    }

    private static Uri AddressOf(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new UsageException($"--url must be an address such as http://127.0.0.1:5081/readyz.");

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
