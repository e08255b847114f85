using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.EndToEnd;

/// <summary>The guard as the server's settings make it.</summary>
public sealed class GuardTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task DefaultSettings_NothingButPublicAddressesByHttps()
    {
        await using var server = await StartAsync("Outbound:AllowedNetworks", "");

        foreach (var url in new[] { "http://127.0.0.1:9000/", "https://[::1]/", "https://10.0.0.1/", "http://api.example.com/", "https://api.example.com:5432/" })
            (await RefusalOfAsync(server, url)).ShouldStartWith("may not be called: ", customMessage: url);
        await server.CreateAsync(AnAction.Calling("https://api.example.com/"));
    }

    [Fact]
    public async Task OwnListeners_BlockedByAddressAndByName()
    {
        await using var server = await RunningServer.StartAsync();

        foreach (var address in new[] { server.GrpcAddress, server.WebAddress })
        {
            (await RefusalOfAsync(server, $"{address}healthz")).ShouldEndWith(" is this server itself, which no setting allows.");
            var stored = await server.CreateAsync(AnAction.Calling($"http://localhost:{address.Port}/healthz"));
            var failure = (await server.ExecuteAsync(new() { Id = stored.Id }))[^1].Failure;
            (failure.Reason, failure.Detail).ShouldBe(
                (FailureReason.BlockedAddress, "The address may not be called: it isn't public."));
            server.Log.ShouldContain(line => line.Contains(
                $"Outbound call to http://localhost:{address.Port} blocked:", StringComparison.Ordinal)
                && line.Contains("is this server itself, which no setting allows.", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task ListAsOneKeyForEachEntry_ReadLikeOneValue()
    {
        await using var server = await StartAsync(
            "Outbound:AllowedNetworks:0", "10.0.0.0/8", "Outbound:AllowedNetworks:1", "192.168.0.0/16", "Outbound:AllowedNetworks", "172.16.0.0/12");

        foreach (var url in new[] { "https://10.0.0.1/", "https://192.168.0.1/", "https://172.16.0.1/" })
            await server.CreateAsync(AnAction.Calling(url));
        (await RefusalOfAsync(server, "https://100.64.0.1/")).ShouldContain("Outbound__AllowedNetworks");
    }

    [Fact]
    public async Task SettingsThatBecameStricter_BlockWhatIsStored()
    {
        var folder = Directory.CreateTempSubdirectory("actions-guard-");
        try
        {
            var database = Path.Combine(folder.FullName, "actions.db");
            string id;
            await using (var lax = await StartAsync("Storage:Sqlite:Path", database, "Outbound:AllowHttp", "true"))
                id = (await lax.CreateAsync(AnAction.Calling("http://nothere.invalid/"))).Id;

            await using var strict = await StartAsync("Storage:Sqlite:Path", database);

            (await strict.ExecuteAsync(new() { Id = id }))[^1].Failure.Reason.ShouldBe(FailureReason.BlockedAddress);
            strict.Log.ShouldContain(line => line.Contains("Outbound__AllowHttp=true would allow http", StringComparison.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task<RunningServer> StartAsync(params string[] settings) =>
        RunningServer.StartAsync(settings.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]));

    /// <returns>What is said of the URL.</returns>
    private static async Task<string> RefusalOfAsync(RunningServer server, string url)
    {
        var refusal = await Refusal.OfAsync(server.Configs.CreateActionConfigAsync(
            new() { ActionConfig = AnAction.Calling(url) }, cancellationToken: Token));
        refusal.Code.ShouldBe(StatusCode.InvalidArgument);
        var violation = refusal.Violations.ShouldHaveSingleItem();
        violation.Field.ShouldBe("action_config.request.url");
        return violation.Description;
    }
}
