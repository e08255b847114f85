using System.Runtime.CompilerServices;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Actions.Storage.Mongo;

/// <summary>
/// Reads the change stream of <c>action_configs</c> and resumes it after a break
/// (https://www.mongodb.com/docs/manual/changeStreams/). Only replica sets and sharded clusters have change streams.
/// </summary>
internal sealed class MongoChanges(MongoDatabase database, TimeProvider clock)
{
    // How long the server waits for changes before it responds with an empty batch.
    private static readonly TimeSpan MaxAwaitTime = TimeSpan.FromSeconds(1);

    // Between attempts to open the stream, and between two empty batches of a server that doesn't wait.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    // Only the key and the etag of each changed document.
    private static readonly PipelineDefinition<ChangeStreamDocument<BsonDocument>, BsonDocument> Pipeline =
        new[] { new BsonDocument("$project", new BsonDocument { ["operationType"] = 1, ["documentKey"] = 1, ["fullDocument.etag"] = 1 }) };

    public async IAsyncEnumerable<ActionChanges> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        BsonDocument? token = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var opened = await OpenAsync(token, cancellationToken).ConfigureAwait(false);
            if (opened.Impossible)
                yield break;
            if (opened.HistoryLost)
                token = null;
            if (opened.Cursor is not { } cursor)
            {
                await Task.Delay(Pause, clock, cancellationToken).ConfigureAwait(false);
                continue;
            }

            using (cursor)
            {
                var mayHaveMissed = token is null;
                while (await NextAsync(cursor, cancellationToken).ConfigureAwait(false) is { } documents)
                {
                    token = cursor.GetResumeToken() ?? token;
                    var changes = Read(documents, mayHaveMissed);
                    mayHaveMissed = false;
                    yield return changes;
                    if (documents.Any(EndsTheStream))
                    {
                        token = null;
                        break;
                    }
                }
            }
        }
    }

    private async Task<(IChangeStreamCursor<BsonDocument>? Cursor, bool HistoryLost, bool Impossible)> OpenAsync(
        BsonDocument? token, CancellationToken cancellationToken)
    {
        var options = new ChangeStreamOptions { MaxAwaitTime = MaxAwaitTime, ResumeAfter = token };
        try
        {
            var cursor = await TimeLimit.RunAsync(
                clock,
                database.OperationTimeout,
                stop => Task.Run(() => database.Actions.WatchAsync(Pipeline, options, stop), stop),
                cancellationToken).ConfigureAwait(false);
            return (cursor, false, false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Any other command error: the server has no change streams, or this user may not open one.
            var lost = MongoErrors.IsHistoryLost(e);
            return (null, lost, !lost && !MongoErrors.IsOutage(e) && e is MongoCommandException);
        }
    }

    /// <returns>Null: the stream is broken.</returns>
    private async Task<List<BsonDocument>?> NextAsync(IChangeStreamCursor<BsonDocument> cursor, CancellationToken cancellationToken)
    {
        var asked = clock.GetTimestamp();
        try
        {
            if (!await TimeLimit.RunAsync(clock, MaxAwaitTime + database.OperationTimeout, cursor.MoveNextAsync, cancellationToken)
                .ConfigureAwait(false))
                return null;
            var documents = cursor.Current.ToList();
            if (documents.Count == 0 && clock.GetElapsedTime(asked) < MaxAwaitTime / 2)
                await Task.Delay(Pause, clock, cancellationToken).ConfigureAwait(false);
            return documents;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The next attempt to open the stream determines the cause.
            return null;
        }
    }

    private static ActionChanges Read(List<BsonDocument> documents, bool mayHaveMissed)
    {
        var changes = new List<ActionChange>(documents.Count);
        foreach (var document in documents)
        {
            if (document.TryGetValue("documentKey", out var key) && key is BsonDocument named
                && named.TryGetValue("_id", out var id) && MongoKey.Read(id) is { } action)
                changes.Add(new ActionChange(action, EtagIn(document)));
            else
                // The collection was dropped or renamed, or holds a document that isn't an action.
                mayHaveMissed = true;
        }

        return new ActionChanges(changes, mayHaveMissed);
    }

    // This engine only inserts and replaces; both events contain the document.
    private static string? EtagIn(BsonDocument change) =>
        change.TryGetValue("fullDocument", out var document) && document is BsonDocument written
        && written.TryGetValue("etag", out var etag) && etag.IsString
            ? etag.AsString
            : null;

    private static bool EndsTheStream(BsonDocument document) =>
        document.TryGetValue("operationType", out var operation) && operation == "invalidate";
}
