using System.Security.Cryptography;
using Actions.Storage;
using Microsoft.AspNetCore.DataProtection;

namespace Actions.Server.Secrets;

/// <summary>
/// Data Protection by the key ring. It keeps the ring in memory for a day and, but for its first two minutes, takes a key
/// that isn't in there for one that is nowhere; another server may have made it since.
/// </summary>
internal sealed class RingProtection(
    IDataProtectionProvider first, KeyRing ring, TimeProvider time, ILoggerFactory logs)
{
    // A secret whose key is lost is asked for with each call of its action: not every one reads the ring again.
    private static readonly TimeSpan RenewedAtMostEvery = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private volatile IDataProtectionProvider _current = first;
    private long? _renewedAt;

    public IDataProtectionProvider Current => _current;

    /// <summary>A key ring that is out of reach says nothing about a secret.</summary>
    /// <returns>Null: the failure has another cause.</returns>
    public static StoreUnavailableException? StoreIsAway(Exception? e)
    {
        while (e is not (null or StoreException))
            e = e.InnerException;
        return e is StoreUnavailableException { InnerException: { } cause } away ? new(cause, away.IsTransient) : null;
    }

    /// <summary>Reads the ring, and makes its first key where it has none.</summary>
    /// <exception cref="StoreUnavailableException">The store is out of reach.</exception>
    public void Load()
    {
        try
        {
            Current.CreateProtector(nameof(RingProtection)).Protect([]);
        }
        catch (CryptographicException e) when (StoreIsAway(e) is { } away)
        {
            throw away;
        }
    }

    /// <summary>Makes a provider that reads the ring anew.</summary>
    /// <param name="used">That knew no key.</param>
    /// <returns>What to try again with; null: what was used is new enough.</returns>
    public IDataProtectionProvider? Renew(IDataProtectionProvider used)
    {
        lock (_gate)
        {
            if (_current != used)
                return _current;
            if (_renewedAt is { } renewed && time.GetElapsedTime(renewed) < RenewedAtMostEvery)
                return null;
            _renewedAt = time.GetTimestamp();
            // The framework has no other way to say that what it knows is old.
            return _current = new ServiceCollection()
                .AddSingleton(logs)
                .AddSingleton(ring)
                .AddProtectionByTheRing()
                .BuildServiceProvider()
                .GetRequiredService<IDataProtectionProvider>();
        }
    }
}
