using System.Security.Cryptography;
using Actions.Engine;
using Actions.Engine.Limits;
using Actions.Server.Errors;
using Actions.V1;
using Microsoft.AspNetCore.DataProtection;
using Secret = Actions.V1.Secret;

namespace Actions.Server.Secrets;

/// <summary>
/// Encrypts and decrypts secrets; the only path of secrets into the store and back. Each state of an action has a type:
/// <see cref="ActionConfig"/> has secrets in the clear, as clients write them and the compiler reads them;
/// <see cref="EncryptedAction"/> is the stored form; <see cref="RedactedAction"/> is the form that clients read.
/// </summary>
/// <remarks>
/// The ciphertext is in <see cref="Secret.Plaintext"/>: the stored message is that of the contract, which has no field
/// for data that is never sent. The methods copy their argument.
/// </remarks>
internal sealed class SecretVault(RingProtection protection)
{
    // Part of the key derivation: with another name, every stored secret is unreadable.
    private const string Purpose = "Actions.Server.Secrets";

    /// <summary>Encrypts the secrets for the store. The action must have its id.</summary>
    public EncryptedAction Protect(string workspace, ActionConfig config)
    {
        var stored = config.Clone();
        var protector = ProtectorFor(protection.Current, workspace, stored.Id);
        foreach (var field in SecretField.AllIn(stored).Where(field => field.Text.Length > 0))
            field.Value = new Secret { Plaintext = protector.Protect(field.Text) };
        return new EncryptedAction(stored);
    }

    /// <returns>The action with secrets in the clear, for the compiler only.</returns>
    /// <exception cref="SecretUnreadableException">The key ring has lost the key.</exception>
    public ActionConfig Reveal(string workspace, EncryptedAction action)
    {
        var config = action.Stored.Clone();
        foreach (var field in SecretField.AllIn(config).Where(field => field.Text.Length > 0))
            field.Value = Read(workspace, action, field);
        return config;
    }

    /// <summary>
    /// Fills in the stored secret where the new action has the same authentication method but an empty secret. If the
    /// origin that it is sent to has changed, the secret is not kept: otherwise a client that doesn't know the secret
    /// could send it to an origin of its choice. In a list, the element of the same name keeps its secret if it has the
    /// field, as it is read back: an element with another value has none.
    /// </summary>
    /// <returns>A violation for each secret that has to be entered again.</returns>
    /// <exception cref="SecretUnreadableException">The key ring has lost the key of a secret to keep.</exception>
    public IReadOnlyList<FieldViolation> KeepWhereEmpty(string workspace, ActionConfig config, EncryptedAction stored, string root)
    {
        var moved = new List<FieldViolation>();
        // Each authentication method has its own path: the same path means the same method.
        var known = SecretField.AllIn(stored.Stored).Where(field => field.Text.Length > 0).ToLookup(field => field.Key);
        foreach (var field in SecretField.AllIn(config).Where(field => field.Text.Length == 0))
        {
            if (known[field.Key].FirstOrDefault() is not { } kept || (field.IsInList && field.Value is null))
                continue;
            if (CredentialOrigins.AreSame(config, stored.Stored))
                field.Value = Read(workspace, stored, kept);
            else
                moved.Add(new FieldViolation(
                    $"{root}.{field.Path}",
                    "has to be entered again: the origin that it is sent to (scheme, host and port of the request's URL or the token URL) has changed."));
        }

        return moved;
    }

    public static RedactedAction Redact(EncryptedAction action) => Redact(action.Stored);

    /// <param name="config">An action with secrets in the clear.</param>
    public static RedactedAction Redact(ActionConfig config)
    {
        var message = config.Clone();
        foreach (var field in SecretField.AllIn(message).Where(field => field.Value is not null))
            field.Value = new Secret { IsSet = field.Text.Length > 0 };
        return new RedactedAction(message);
    }

    /// <param name="field">A field of the stored action, or of a copy.</param>
    private Secret Read(string workspace, EncryptedAction stored, SecretField field)
    {
        try
        {
            return new Secret { Plaintext = Unprotect(workspace, stored.Id, field.Text) };
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
            // Another server may have encrypted the secret with a key that is newer than the cached ring.
            return ProtectorFor(renewed, workspace, id).Unprotect(ciphertext);
        }
    }

    /// <summary>Binds a ciphertext to its action: copied to another action, it can't be decrypted.</summary>
    private static IDataProtector ProtectorFor(IDataProtectionProvider provider, string workspace, string id) =>
        provider.CreateProtector(Purpose, workspace, id);
}
