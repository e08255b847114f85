using System.Security.Cryptography;
using Actions.Storage;
using Microsoft.AspNetCore.DataProtection;

namespace Actions.Server.Secrets;

/// <summary>Encrypts what is kept of a call. Each call has a purpose of its own: nobody can read one as another.</summary>
internal sealed class CallVault(RingProtection protection)
{
    // Part of the key derivation: with another name, everything kept is unreadable.
    private const string Purpose = "Actions.Server.Calls";

    /// <exception cref="StoreUnavailableException">The key ring can't be read.</exception>
    public ReadOnlyMemory<byte> Protect(CallKey call, byte[] content) => Guarded(
        () => ProtectorFor(protection.Current, call).Protect(content));

    /// <exception cref="StoreUnavailableException">The key ring can't be read.</exception>
    /// <exception cref="CryptographicException">The key ring has lost the key.</exception>
    public byte[] Unprotect(CallKey call, ReadOnlyMemory<byte> content)
    {
        var (used, bytes) = (protection.Current, content.ToArray());
        return Guarded(() =>
        {
            try
            {
                return ProtectorFor(used, call).Unprotect(bytes);
            }
            catch (CryptographicException e) when (
                RingProtection.OutageIn(e) is null && protection.Renew(used) is { } renewed)
            {
                // Another server may have used a key that is newer than the cached ring.
                return ProtectorFor(renewed, call).Unprotect(bytes);
            }
        });
    }

    private static byte[] Guarded(Func<byte[]> work)
    {
        try
        {
            return work();
        }
        catch (CryptographicException e) when (RingProtection.OutageIn(e) is { } outage)
        {
            throw outage;
        }
    }

    private static IDataProtector ProtectorFor(IDataProtectionProvider provider, CallKey call) =>
        provider.CreateProtector(Purpose, call.Workspace, call.CallId);
}
