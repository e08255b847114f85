using Actions.Server.Configuration;
using Actions.Server.Secrets;
using Microsoft.Extensions.Options;

namespace Actions.Server.Startup;

/// <summary>Refuses an unencrypted key ring on a server that listens beyond loopback.</summary>
internal sealed class ClearKeyRingOnLoopbackOnly(IConfiguration configuration) : IValidateOptions<SecretsOptions>
{
    public ValidateOptionsResult Validate(string? name, SecretsOptions options)
    {
        if (options.KeyEncryptionKey.Length + options.KeyEncryptionKeyFile.Length + options.CertificatePath.Length > 0
            || ListenerAddresses.BeyondLoopback(configuration).FirstOrDefault() is not { Key: { } key } listener)
            return ValidateOptionsResult.Success;
        return ValidateOptionsResult.Fail(
            $"{key} is {listener.Url}, which is beyond loopback, and the keys of stored secrets would not be encrypted: "
            + $"set {SecretsOptions.Ways}.");
    }
}
