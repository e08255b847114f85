using Microsoft.Extensions.Options;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Actions.Storage.Mongo;

/// <summary>
/// The database: every operation within its time, and none that would only wait while the servers are known to be away.
/// </summary>
internal sealed class MongoDatabase(IOptions<StorageOptions> options, TimeProvider clock) : IDisposable
{
    // How often a database that is away is looked for; a client that is told to try again in a second finds it.
    private static readonly TimeSpan SearchInterval = TimeSpan.FromMilliseconds(500);

    // To build an index over what is there already takes longer than any other operation.
    private static readonly TimeSpan PreparationTimeout = TimeSpan.FromMinutes(1);

    private readonly MongoDbOptions _options = options.Value.MongoDb;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _gate = new();
    private MongoClient? _client;
    private Exception? _outage = new InvalidOperationException("The store has not been prepared yet.");

    public IMongoCollection<BsonDocument> Actions => Collection("action_configs");

    public IMongoCollection<BsonDocument> ApiKeys => Collection("api_keys");

    public IMongoCollection<BsonDocument> KeyRing => Collection("key_ring");

    /// <summary>How long an operation may take.</summary>
    public TimeSpan OperationTimeout => _options.OperationTimeout;

    /// <summary>Runs whatever the state: what prepares the database may be used when it has succeeded.</summary>
    public async Task PrepareAsync(Func<CancellationToken, Task> prepare, CancellationToken cancellationToken)
    {
        await WithinAsync(PreparationTimeout, Nothing, cancellationToken).ConfigureAwait(false);
        lock (_gate)
            _outage = null;

        async Task<bool> Nothing(CancellationToken token)
        {
            await prepare(token).ConfigureAwait(false);
            return true;
        }
    }

    /// <summary>The caller's cancellation ends it at any time.</summary>
    public Task<T> ReadAsync<T>(Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellationToken);
        return Away() is { } away ? Task.FromException<T>(away) : WithinAsync(OperationTimeout, read, cancellationToken);
    }

    /// <summary>Once begun, the caller's cancellation doesn't leave it in doubt.</summary>
    public Task<T> WriteAsync<T>(Func<CancellationToken, Task<T>> write, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellationToken);
        return Away() is { } away ? Task.FromException<T>(away) : WithinAsync(OperationTimeout, write, CancellationToken.None);
    }

    /// <summary>Asks the primary.</summary>
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
        using var time = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        try
        {
            // On the pool, not on the caller's thread: making the client may ask the name service, synchronously.
            return await Task.Run(() => use(either.Token), either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unavailable(new TimeoutException($"No answer within {limit}.", e));
        }
        catch (Exception e) when (e is not (StoreException or OperationCanceledException))
        {
            // Whatever the driver throws, of which there are more types than it documents, and damaged documents.
            throw Unavailable(e);
        }
    }

    private StoreUnavailableException? Away() =>
        Volatile.Read(ref _outage) is { } outage ? new StoreUnavailableException(outage, mayReturn: true) : null;

    private StoreUnavailableException Unavailable(Exception cause)
    {
        var told = new IOException(
            $"MongoDB{(_client is null ? "" : $" at {MongoConnection.Describe(_client)}")} {MongoErrors.Describe(BehindIt(cause))}. "
            + "Look at Storage:MongoDb.",
            cause);
        if (MongoErrors.IsOutage(cause))
        {
            lock (_gate)
            {
                if (_outage is null)
                {
                    _outage = told;
                    _ = SearchAsync(_disposed.Token);
                }
            }
        }

        return new StoreUnavailableException(told, mayReturn: true);
    }

    /// <summary>Who looked for a server in vain isn't told why; those who watch the servers know.</summary>
    private Exception BehindIt(Exception cause) => cause is TimeoutException
        ? _client?.Cluster.Description.Servers.Select(server => server.HeartbeatException).FirstOrDefault(e => e is not null) ?? cause
        : cause;

    /// <summary>One asks, so that nobody else waits.</summary>
    private async Task SearchAsync(CancellationToken disposed)
    {
        while (!disposed.IsCancellationRequested)
        {
            try
            {
                using var time = new CancellationTokenSource(OperationTimeout, clock);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, disposed);
                await Task.Run(() => PingAsync(either.Token), either.Token).ConfigureAwait(false);
                lock (_gate)
                    _outage = null;
                return;
            }
            catch (Exception) when (!disposed.IsCancellationRequested)
            {
                // The same, or worse: whoever asks is told the first cause.
                await Task.Delay(SearchInterval, clock, disposed)
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
