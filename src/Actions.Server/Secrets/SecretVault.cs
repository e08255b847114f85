using System.Security.Cryptography;
using Actions.Engine;
using Actions.Engine.Limits;
using Actions.Server.Errors;
using Actions.V1;
using Microsoft.AspNetCore.DataProtection;
using Secret = Actions.V1.Secret;

namespace Actions.Server.Secrets;

/// <summary>
/// The one way of secrets into the store and back. Each state of an action has its type: <see cref="ActionConfig"/>,
/// secrets
/// in the clear, as clients write them and the compiler reads them; <see cref="EncryptedAction"/>, as it is stored;
/// <see cref="RedactedAction"/>, as clients read it.
/// </summary>
/// <remarks>
/// The ciphertext is in <see cref="Secret.Plaintext"/>: what is stored is the contract's own message, which has no
/// field for
/// what is never sent. The methods copy the message that they are given.
/// </remarks>
internal sealed class SecretVault(RingProtection protection)
{
    // Part of what a key is derived from: with another name, every stored secret is unreadable.
    private const string Purpose = "Actions.Server.Secrets";

    /// <summary>From the clear to what is stored. The action has its id.</summary>
    public EncryptedAction Protect(string workspace, ActionConfig config)
    {
        var stored = config.Clone();
        var protector = ProtectorFor(protection.Current, workspace, stored.Id);
        foreach (var field in SecretField.All.Where(field => field.TextIn(stored).Length > 0))
            field.Put(stored, new Secret { Plaintext = protector.Protect(field.TextIn(stored)) });
        return new EncryptedAction(stored);
    }

    /// <returns>The action in the clear: for the compiler only.</returns>
    /// <exception cref="SecretUnreadableException">The key ring has lost the key.</exception>
    public ActionConfig Reveal(string workspace, EncryptedAction action)
    {
        var config = action.Stored.Clone();
        foreach (var field in SecretField.All.Where(field => field.TextIn(config).Length > 0))
            field.Put(config, Read(workspace, action, field));
        return config;
    }

    /// <summary>
    /// Fills in the stored secret where an action in the clear has the same method, but an empty secret: unless it
    /// would then
    /// be sent to another origin, to which a client without the secret could direct it.
    /// </summary>
    /// <returns>A violation for each secret that has to be entered again.</returns>
    /// <exception cref="SecretUnreadableException">The key ring has lost the key of one that would be kept.</exception>
    public IReadOnlyList<FieldViolation> KeepWhereEmpty(string workspace, ActionConfig config, EncryptedAction stored, string root)
    {
        var moved = new List<FieldViolation>();
        // A method's secret has a path of its own: the same path is the same method.
        foreach (var field in SecretField.All.Where(field => field.HolderIn(config) is not null))
        {
            if (field.TextIn(config).Length > 0 || field.TextIn(stored.Stored).Length == 0)
                continue;
            if (CredentialOrigins.AreSame(config, stored.Stored))
                field.Put(config, Read(workspace, stored, field));
            else
                moved.Add(new FieldViolation(
                    $"{root}.{field.Path}",
                    "has to be entered again: the origin that it is sent to (scheme, host and port of the request's URL or the token URL) has changed."));
        }

        return moved;
    }

    public static RedactedAction Redact(EncryptedAction action) => Redact(action.Stored);

    /// <param name="config">In the clear.</param>
    public static RedactedAction Redact(ActionConfig config)
    {
        var message = config.Clone();
        foreach (var field in SecretField.All.Where(field => field.In(message) is not null))
            field.Put(message, new Secret { IsSet = field.TextIn(message).Length > 0 });
        return new RedactedAction(message);
    }

    private Secret Read(string workspace, EncryptedAction stored, SecretField field)
    {
        try
        {
            return new Secret { Plaintext = Unprotect(workspace, stored.Id, field.TextIn(stored.Stored)) };
        }
        catch (CryptographicException e)
        {
            throw (Exception?)RingProtection.OutageIn(e) ?? new SecretUnreadableException(stored.Id, field.Path, e);
        }
    }

    private string Unprotect(string workspace, string id, string ciphertext)
    {
        var used = protection.Current;
        try
        {
            return ProtectorFor(used, workspace, id).Unprotect(ciphertext);
        }
        catch (CryptographicException e) when (RingProtection.OutageIn(e) is null && protection.Renew(used) is { } renewed)
        {
            // Another server may have saved it with a key that is newer than the ring in memory here.
            return ProtectorFor(renewed, workspace, id).Unprotect(ciphertext);
        }
    }

    /// <summary>Binds a ciphertext to its action: copied into another one, it can't be decrypted.</summary>
    private static IDataProtector ProtectorFor(IDataProtectionProvider provider, string workspace, string id) =>
        provider.CreateProtector(Purpose, workspace, id);
}
