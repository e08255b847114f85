using Microsoft.Extensions.Options;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Actions.Storage.Mongo;

/// <summary>
/// The database. Every operation has a time limit, and fails at once while the servers are known to be unavailable.
/// </summary>
internal sealed class MongoDatabase(IOptions<StorageOptions> options, TimeProvider clock) : IDisposable
{
    // Between two pings of a database that is unreachable: shorter than the RetryInfo of a client, one second.
    private static readonly TimeSpan PingInterval = TimeSpan.FromMilliseconds(500);

    // Building an index over existing documents takes longer than any other operation.
    private static readonly TimeSpan PreparationTimeout = TimeSpan.FromMinutes(1);

    private readonly MongoDbOptions _options = options.Value.MongoDb;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _gate = new();
    private MongoClient? _client;
    private Exception? _outage = new InvalidOperationException("The store has not been prepared yet.");

    public IMongoCollection<BsonDocument> Actions => Collection("action_configs");

    public IMongoCollection<BsonDocument> ApiKeys => Collection("api_keys");

    public IMongoCollection<BsonDocument> KeyRing => Collection("key_ring");

    public IMongoCollection<BsonDocument> Calls => Collection("calls");

    public IMongoCollection<BsonDocument> Executions => Collection("executions");

    public IMongoCollection<BsonDocument> ForgottenCalls => Collection("forgotten_calls");

    /// <summary>Time limit of one operation.</summary>
    public TimeSpan OperationTimeout => _options.OperationTimeout;

    /// <summary>Runs also while the database is marked unavailable. Success marks it available.</summary>
    public async Task PrepareAsync(Func<CancellationToken, Task> prepare, CancellationToken cancellationToken)
    {
        await WithinAsync(PreparationTimeout, PrepareAndReturnAsync, cancellationToken).ConfigureAwait(false);
        lock (_gate)
            _outage = null;

        async Task<bool> PrepareAndReturnAsync(CancellationToken token)
        {
            await prepare(token).ConfigureAwait(false);
            return true;
        }
    }

    /// <summary>A read can be cancelled at any time.</summary>
    public Task<T> ReadAsync<T>(Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellationToken);
        return Outage() is { } outage ? Task.FromException<T>(outage) : WithinAsync(OperationTimeout, read, cancellationToken);
    }

    /// <summary>Cancellation is ignored once the write has begun, so that its result is known.</summary>
    public Task<T> WriteAsync<T>(Func<CancellationToken, Task<T>> write, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellationToken);
        return Outage() is { } outage ? Task.FromException<T>(outage) : WithinAsync(OperationTimeout, write, CancellationToken.None);
    }

    /// <summary>Pings the primary.</summary>
    public Task PingAsync(CancellationToken cancellationToken) =>
        Client().GetDatabase(_options.Database).RunCommandAsync<BsonDocument>(
            new BsonDocument("ping", 1), ReadPreference.Primary, cancellationToken);

    public void Dispose()
    {
        _disposed.Cancel();
        _disposed.Dispose();
        _client?.Dispose();
    }

    private async Task<T> WithinAsync<T>(TimeSpan limit, Func<CancellationToken, Task<T>> use, CancellationToken cancellationToken)
    {
        try
        {
            // On the pool: creating the client may query DNS synchronously.
            return await TimeLimit.RunAsync(clock, limit, token => Task.Run(() => use(token), token), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (StoreException or OperationCanceledException))
        {
            // The driver throws more types than it documents; damaged documents are caught here as well.
            throw Unavailable(e);
        }
    }

    private StoreUnavailableException? Outage() =>
        Volatile.Read(ref _outage) is { } outage ? new StoreUnavailableException(outage, isTransient: true) : null;

    private StoreUnavailableException Unavailable(Exception cause)
    {
        var described = new IOException(
            $"MongoDB{(_client is null ? "" : $" at {MongoConnection.Describe(_client)}")} {MongoErrors.Describe(CauseOf(cause))}. "
            + "Look at Storage:MongoDb.",
            cause);
        if (MongoErrors.IsOutage(cause))
        {
            lock (_gate)
            {
                if (_outage is null)
                {
                    _outage = described;
                    _ = PingUntilAvailableAsync(_disposed.Token);
                }
            }
        }

        return new StoreUnavailableException(described, isTransient: true);
    }

    /// <summary>A server-selection timeout has no cause; the heartbeat monitor knows the last connection
    /// error.</summary>
    private Exception CauseOf(Exception cause) => cause is TimeoutException
        ? _client?.Cluster.Description.Servers.Select(server => server.HeartbeatException).FirstOrDefault(e => e is not null) ?? cause
        : cause;

    /// <summary>One task detects recovery, so that no operation has to wait for a time-out.</summary>
    private async Task PingUntilAvailableAsync(CancellationToken disposed)
    {
        while (!disposed.IsCancellationRequested)
        {
            try
            {
                await TimeLimit.RunAsync(clock, OperationTimeout, token => Task.Run(() => PingAsync(token), token), disposed)
                    .ConfigureAwait(false);
                lock (_gate)
                    _outage = null;
                return;
            }
            catch (Exception) when (!disposed.IsCancellationRequested)
            {
                // Operations report the first cause of the outage.
                await Task.Delay(PingInterval, clock, disposed)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
            }
            catch (Exception)
            {
                return;
            }
        }
    }

    private IMongoCollection<BsonDocument> Collection(string name) =>
        Client().GetDatabase(_options.Database).GetCollection<BsonDocument>(name);

    private MongoClient Client()
    {
        if (Volatile.Read(ref _client) is { } client)
            return client;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
            return _client ??= MongoConnection.Open(_options);
        }
    }
}
