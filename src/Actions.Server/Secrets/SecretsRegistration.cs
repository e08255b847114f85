using Actions.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

namespace Actions.Server.Secrets;

internal static class SecretsRegistration
{
    // Keys are derived from it: with another name, every stored secret is unreadable.
    private const string ApplicationName = "Actions.Grpc";

    /// <summary>
    /// The vault, with its key ring in the directory <c>keys</c> beside the SQLite file. Call it after what prepares the
    /// store: a store that can't be opened is the better news of the two.
    /// </summary>
    public static IServiceCollection AddSecrets(this IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName(ApplicationName);
        services.AddOptions<KeyManagementOptions>().Configure<IOptions<StorageOptions>, ILoggerFactory>(
            (ring, storage, logs) => ring.XmlRepository = new KeyRingDirectory(PathBeside(storage.Value.Sqlite.Path), logs));
        services.AddSingleton<SecretVault>();
        return services;
    }

    private static string PathBeside(string database) =>
        Path.Combine(Path.GetDirectoryName(Path.GetFullPath(database))!, "keys");
}
