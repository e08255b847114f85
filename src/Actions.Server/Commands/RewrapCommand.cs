using System.CommandLine;
using Actions.Server.Secrets;
using Actions.Server.Startup;
using Actions.Storage;
using Actions.Storage.Registration;
using Microsoft.Extensions.Options;

namespace Actions.Server.Commands;

/// <summary>
/// <c>secrets rewrap</c>: encrypts the key ring under the key-encryption key that is configured now. Each element is
/// replaced as a whole or not at all: the command may be killed and run again, and servers may run meanwhile.
/// </summary>
internal static class RewrapCommand
{
    public static Command Create()
    {
        var settings = SettingArguments.Create();
        var rewrap = new Command("rewrap", "Encrypts the key ring under the configured key-encryption key.") { settings };
        rewrap.SetAction((parsed, _) => RunAsync(parsed.GetValue(settings) ?? []));
        return new Command("secrets", "The keys that encrypt the secrets of actions.") { rewrap };
    }

    private static async Task<int> RunAsync(string[] args)
    {
        var builder = Host.CreateApplicationBuilder(args);
        builder.Logging.ClearProviders();
        builder.Services.AddActionStore(builder.Configuration);
        builder.Services.AddKeyRing(builder.Configuration);
        using var host = builder.Build();
        try
        {
            host.Services.GetRequiredService<IStartupValidator>().Validate();
            await host.Services.GetRequiredService<IActionStore>().InitializeAsync(CancellationToken.None);
            return await RewrapAsync(
                host.Services.GetRequiredService<IKeyRingStore>(),
                host.Services.GetRequiredService<KeyRing>(),
                host.Services.GetRequiredService<KeyEncryptionKeys>());
        }
        catch (Exception e)
        {
            var reason = StartFailure.Explain(e);
            await Console.Error.WriteLineAsync($"The key ring can't be encrypted anew: {reason}");
            return 1;
        }
    }

    private static async Task<int> RewrapAsync(IKeyRingStore store, KeyRing ring, KeyEncryptionKeys keys)
    {
        if (keys.Current is not { } current)
        {
            await Console.Error.WriteLineAsync($"The key ring can't be encrypted anew: set {SecretsOptions.Ways}.");
            return 1;
        }

        var elements = await store.ReadAllAsync(CancellationToken.None);
        for (var done = 0; done < elements.Count;)
        {
            // In order, so that elements that are done already are counted and skipped.
            var element = elements[done];
            if (element.KeyEncryptionKeyId != current.Id
                && !await store.ReplaceAsync(element, ring.Seal(element.Name, ring.Open(element, allowClear: true)), CancellationToken.None))
            {
                // Another command has replaced the element meanwhile: continue with the current elements.
                elements = await store.ReadAllAsync(CancellationToken.None);
                continue;
            }

            Console.WriteLine($"{++done} of {elements.Count}");
        }

        Console.WriteLine($"Encrypted under the key-encryption key '{current.Id}': the key ring's {elements.Count} elements.");
        return 0;
    }
}
