using System.Runtime.CompilerServices;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Actions.Storage.Mongo;

/// <summary>
/// The stream of changes of <c>action_configs</c>, taken up again where it was left
/// (https://www.mongodb.com/docs/manual/changeStreams/). There is one on replica sets and sharded clusters only.
/// </summary>
internal sealed class MongoChanges(MongoDatabase database, TimeProvider clock)
{
    // How long the server may wait for news before it says that there are none.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // Between attempts to open it, and between two answers without news of a server that doesn't wait.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    // Of each change only which version of which document it was: documents are read by whoever needs them.
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
        using var time = new CancellationTokenSource(database.OperationTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        try
        {
            var options = new ChangeStreamOptions { MaxAwaitTime = Patience, ResumeAfter = token };
            return (await Task.Run(() => database.Actions.WatchAsync(Pipeline, options, either.Token), either.Token).ConfigureAwait(false), false, false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // What is no outage and no lost history is a server that has no such streams, or doesn't let this user have one.
            var lost = MongoErrors.IsHistoryLost(e);
            return (null, lost, !lost && !MongoErrors.IsOutage(e) && e is MongoCommandException);
        }
    }

    /// <returns>Null: the stream has broken.</returns>
    private async Task<List<BsonDocument>?> NextAsync(IChangeStreamCursor<BsonDocument> cursor, CancellationToken cancellationToken)
    {
        var asked = clock.GetTimestamp();
        using var time = new CancellationTokenSource(Patience + database.OperationTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        try
        {
            if (!await cursor.MoveNextAsync(either.Token).ConfigureAwait(false))
                return null;
            var documents = cursor.Current.ToList();
            if (documents.Count == 0 && clock.GetElapsedTime(asked) < Patience / 2)
                await Task.Delay(Pause, clock, either.Token).ConfigureAwait(false);
            return documents;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The next attempt to open it tells what is wrong.
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
                // The collection was dropped or renamed, or somebody has put something else into it.
                mayHaveMissed = true;
        }

        return new ActionChanges(changes, mayHaveMissed);
    }

    // There is a document with insertions and replacements, which are what this engine does.
    private static string? EtagIn(BsonDocument change) =>
        change.TryGetValue("fullDocument", out var document) && document is BsonDocument written
        && written.TryGetValue("etag", out var etag) && etag.IsString
            ? etag.AsString
            : null;

    private static bool EndsTheStream(BsonDocument document) =>
        document.TryGetValue("operationType", out var operation) && operation == "invalidate";
}
