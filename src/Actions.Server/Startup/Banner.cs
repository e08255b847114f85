using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace Actions.Server.Startup;

/// <summary>Prints where the server listens and how to try it.</summary>
internal static class Banner
{
    public static void PrintBanner(this WebApplication app)
    {
        var server = app.Services.GetRequiredService<IServer>();
        var configuration = app.Configuration;
        var storage = app.Services.GetRequiredService<IOptions<Storage.StorageOptions>>();
        var addresses = server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        // Kestrel reports the endpoints in the order of their configuration.
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint.Key).Zip(addresses);
        foreach (var (name, address) in endpoints)
            Console.WriteLine($"{name,-6} {address}");
        var place = storage.Value.Provider == Storage.StorageOptions.SqliteProvider ? Path.GetFullPath(storage.Value.Sqlite.Path) : $"database {storage.Value.MongoDb.Database}";
        Console.WriteLine($"Store  {storage.Value.Provider}, {place}");

        var grpc = endpoints.FirstOrDefault(endpoint => endpoint.First.Equals("Grpc", StringComparison.OrdinalIgnoreCase)).Second;
        if (grpc is not null)
            PrintTrial(new Uri(grpc));
    }

    private static void PrintTrial(Uri grpc)
    {
        const string method = "actions.v1.ActionConfigService/ListActionConfigs";
        var plain = grpc.Scheme == "http";
        Console.WriteLine("Try it:");
        Console.WriteLine($"  grpcurl {(plain ? "-plaintext " : "")}{grpc.Authority} {method}");
        Console.WriteLine($"  buf curl --protocol grpc {(plain ? "--http2-prior-knowledge " : "")}{grpc.GetLeftPart(UriPartial.Authority)}/{method}");
    }
}
