using System.Security.Cryptography;
using Actions.Storage;
using Microsoft.AspNetCore.DataProtection;

namespace Actions.Server.Secrets;

/// <summary>
/// Data Protection with the key ring of the store. Data Protection caches the ring for 24 hours. After its first two
/// minutes it treats an unknown key id as missing for good, although another server may have created the key.
/// </summary>
internal sealed class RingProtection(
    IDataProtectionProvider first, KeyRing ring, TimeProvider time, ILoggerFactory logs)
{
    // Limits the reads of the ring: each call of an action with a lost key requests a renewal.
    private static readonly TimeSpan RenewalInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private volatile IDataProtectionProvider _current = first;
    private long? _renewedAt;

    public IDataProtectionProvider Current => _current;

    /// <summary>Finds a store outage behind a failure: the secret itself may be intact.</summary>
    /// <returns>The outage. Null: the failure has another cause.</returns>
    public static StoreUnavailableException? OutageIn(Exception? e)
    {
        while (e is not (null or StoreException))
            e = e.InnerException;
        return e is StoreUnavailableException { InnerException: { } cause } outage ? new(cause, outage.IsTransient) : null;
    }

    /// <summary>Reads the ring, and creates its first key if it has none.</summary>
    /// <exception cref="StoreUnavailableException">The store can't be reached.</exception>
    public void Load()
    {
        try
        {
            Current.CreateProtector(nameof(RingProtection)).Protect([]);
        }
        catch (CryptographicException e) when (OutageIn(e) is { } outage)
        {
            throw outage;
        }
    }

    /// <summary>Creates a provider that reads the ring again.</summary>
    /// <param name="used">The provider that didn't know the key.</param>
    /// <returns>The provider to retry with. Null: the last renewal is too recent to repeat it.</returns>
    public IDataProtectionProvider? Renew(IDataProtectionProvider used)
    {
        lock (_gate)
        {
            if (_current != used)
                return _current;
            if (_renewedAt is { } renewed && time.GetElapsedTime(renewed) < RenewalInterval)
                return null;
            _renewedAt = time.GetTimestamp();
            // Data Protection has no public method to refresh the ring.
            return _current = new ServiceCollection()
                .AddSingleton(logs)
                .AddSingleton(ring)
                .AddProtectionByTheRing()
                .BuildServiceProvider()
                .GetRequiredService<IDataProtectionProvider>();
        }
    }
}
