using Actions.Engine;
using Actions.V1;

namespace Actions.Server.Secrets;

/// <summary>
/// An action as it is stored: each <see cref="Secret.Plaintext"/> holds ciphertext. Only <see cref="SecretVault"/> and
/// <see cref="EncryptedActionStore"/> create one.
/// </summary>
internal sealed class EncryptedAction(ActionConfig stored)
{
    public string Id => Stored.Id;

    public string Etag => Stored.Etag;

    /// <summary>The message of the store. It must not be changed, nor leave the server.</summary>
    public ActionConfig Stored { get; } = stored;

    /// <returns>A copy of the action with the storable part of the sample.</returns>
    public EncryptedAction WithSample(Sample sample)
    {
        var config = Stored.Clone();
        config.Sample = sample;
        return new EncryptedAction(KeptSample.In(config));
    }
}

/// <summary>An action as clients see it: a secret shows only whether it is set. Only <see cref="SecretVault"/> creates
/// one.</summary>
internal sealed class RedactedAction(ActionConfig message)
{
    /// <summary>The message for a response.</summary>
    public ActionConfig Message { get; } = message;
}
