using System.Security.Cryptography;
using Actions.Engine;
using Actions.Engine.Limits;
using Actions.Server.Errors;
using Actions.V1;
using Microsoft.AspNetCore.DataProtection;
using Secret = Actions.V1.Secret;

namespace Actions.Server.Secrets;

/// <summary>
/// The one way of secrets into the store and back. An action holds its secrets in one of three states, and each method
/// leads from one to another: in the clear, as a caller writes them and the compiler reads them; as ciphertext, in the
/// store; not at all, as a caller sees them.
/// </summary>
/// <remarks>
/// The ciphertext stands in <see cref="Secret.Plaintext"/>: what is stored is the contract's own message, and the contract
/// has no field for what never travels. Whatever comes from the store has ciphertext there, without exception. The
/// methods change the message that they are given.
/// </remarks>
internal sealed class SecretVault(RingProtection protection)
{
    // Part of what a key is derived from: with another name, every stored secret is unreadable.
    private const string Purpose = "Actions.Server.Secrets";

    /// <summary>From the clear to what is stored. The action has its id.</summary>
    public ActionConfig Protect(string workspace, ActionConfig config)
    {
        var protector = ProtectorFor(protection.Current, workspace, config.Id);
        foreach (var field in SecretField.All.Where(field => field.TextIn(config).Length > 0))
            field.Put(config, new Secret { Plaintext = protector.Protect(field.TextIn(config)) });
        return config;
    }

    /// <summary>From what is stored to the clear: for the compiler, and nobody else.</summary>
    /// <exception cref="SecretUnreadableException">The key ring has lost the key.</exception>
    public ActionConfig Reveal(string workspace, ActionConfig stored)
    {
        foreach (var field in SecretField.All.Where(field => field.TextIn(stored).Length > 0))
            field.Put(stored, Read(workspace, stored, field));
        return stored;
    }

    /// <summary>
    /// Keeps a stored secret where an action in the clear has the same method, but an empty secret: unless it would then
    /// be sent to another origin, for which whoever may change the action needn't know it.
    /// </summary>
    /// <returns>A violation for each secret that has to be entered again.</returns>
    /// <exception cref="SecretUnreadableException">The key ring has lost the key of one that would be kept.</exception>
    public IReadOnlyList<FieldViolation> KeepWhereEmpty(string workspace, ActionConfig config, ActionConfig stored, string root)
    {
        var moved = new List<FieldViolation>();
        // A method's secret has a path of its own: the same path is the same method.
        foreach (var field in SecretField.All.Where(field => field.HolderIn(config) is not null))
        {
            if (field.TextIn(config).Length > 0 || field.TextIn(stored).Length == 0)
                continue;
            if (CredentialOrigins.AreSame(config, stored))
                field.Put(config, Read(workspace, stored, field));
            else
                moved.Add(new FieldViolation(
                    $"{root}.{field.Path}",
                    "has to be entered again: the origin that it is sent to (scheme, host and port of the request's URL or the token URL) has changed."));
        }

        return moved;
    }

    /// <summary>From either to what a caller may see.</summary>
    public static ActionConfig Redact(ActionConfig config)
    {
        foreach (var field in SecretField.All.Where(field => field.In(config) is not null))
            field.Put(config, new Secret { IsSet = field.TextIn(config).Length > 0 });
        return config;
    }

    private Secret Read(string workspace, ActionConfig stored, SecretField field)
    {
        try
        {
            return new Secret { Plaintext = Unprotect(workspace, stored.Id, field.TextIn(stored)) };
        }
        catch (CryptographicException e)
        {
            throw (Exception?)RingProtection.StoreIsAway(e) ?? new SecretUnreadableException(stored.Id, field.Path, e);
        }
    }

    private string Unprotect(string workspace, string id, string ciphertext)
    {
        var used = protection.Current;
        try
        {
            return ProtectorFor(used, workspace, id).Unprotect(ciphertext);
        }
        catch (CryptographicException e) when (RingProtection.StoreIsAway(e) is null && protection.Renew(used) is { } renewed)
        {
            // Saved by another server, perhaps, with a key that is newer than what is in memory here.
            return ProtectorFor(renewed, workspace, id).Unprotect(ciphertext);
        }
    }

    /// <summary>What one action's row holds is ciphertext of no use in another's.</summary>
    private static IDataProtector ProtectorFor(IDataProtectionProvider provider, string workspace, string id) =>
        provider.CreateProtector(Purpose, workspace, id);
}
