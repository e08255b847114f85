using MongoDB.Bson;
using MongoDB.Driver;

namespace Actions.Storage.Mongo;

/// <summary>
/// A call is one document, so that each write of it is atomic without a transaction, and deleting it leaves nothing.
/// </summary>
/// <remarks>
/// <code>
/// { _id: { workspace, id }, workspace, expires, ended, ids: [ … ],
///   executions: { &lt;id&gt;: { identity, state, started, deadline, last_sequence, same_as, summary, content } },
///   holders: { &lt;identity&gt;: execution id }, variables: { &lt;name&gt;: { written, content } } }
/// </code>
/// <c>expires</c> is a date, for the index that deletes; the other times are units of 100 ns since 1970-01-01 UTC.
/// </remarks>
internal static class MongoCallDocument
{
    public const string Workspace = "workspace";
    public const string Expires = "expires";
    public const string Ended = "ended";
    public const string Ids = "ids";
    public const string Executions = "executions";
    public const string Holders = "holders";
    public const string Variables = "variables";

    private static readonly UpdateDefinitionBuilder<BsonDocument> Change = Builders<BsonDocument>.Update;
    private static readonly ProjectionDefinitionBuilder<BsonDocument> Show = Builders<BsonDocument>.Projection;

    public static ProjectionDefinition<BsonDocument> EndedOnly { get; } = Show.Include(Ended).Include(Expires);

    public static ProjectionDefinition<BsonDocument> HoldersOnly { get; } = EndedOnly.Include(Holders);

    public static ProjectionDefinition<BsonDocument> OneExecution(string id) =>
        Show.Include(Expires).Include(ExecutionPath(id));

    public static ProjectionDefinition<BsonDocument> SomeVariables(IReadOnlyCollection<string> names) =>
        names.Count == 0 ? Show.Include(Variables)
            : Show.Combine(names.Select(name => Show.Include(VariablePath(name))));

    public static string HolderPath(string identity) => $"{Holders}.{Escape(identity)}";

    public static BsonDateTime ToDate(DateTimeOffset time)
    {
        var milliseconds = time.ToUnixTimeMilliseconds();
        return new BsonDateTime(
            DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) < time ? milliseconds + 1 : milliseconds);
    }

    public static long ToNumber(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks;

    public static DateTimeOffset ToTime(long number) => DateTimeOffset.UnixEpoch.AddTicks(number);

    /// <summary>Rounded down, as <see cref="ToDate"/> is up: nothing expires too early.</summary>
    public static BsonDateTime ToNow(DateTimeOffset now) => new(now.ToUnixTimeMilliseconds());

    /// <summary>Extends the call, and stores what is given.</summary>
    public static UpdateDefinition<BsonDocument> Write(IReadOnlyCollection<CallWrite> writes)
    {
        // Of each execution its last state, of each variable the last one written: an update can name a field once.
        var executions = writes.Select(write => write.Execution)
            .GroupBy(execution => execution.Id, StringComparer.Ordinal).Select(same => same.Last()).ToList();
        var variables = writes.SelectMany(write => write.Variables)
            .GroupBy(variable => variable.Name, StringComparer.Ordinal)
            .Select(same => same.Aggregate((kept, next) => next.Written >= kept.Written ? next : kept));
        List<UpdateDefinition<BsonDocument>> changes =
        [
            Change.Max(Expires, ToDate(executions.Max(execution => execution.Expires))),
            Change.AddToSetEach(Ids, executions.Select(execution => execution.Id)),
            .. executions.Select(execution => Change.Set(ExecutionPath(execution.Id), ToDocument(execution))),
            // Documents are compared field by field, and the time is the first.
            .. variables.Select(variable => Change.Max(VariablePath(variable.Name), ToDocument(variable))),
        ];
        return Change.Combine(changes);
    }

    /// <summary>Lets the execution hold its identity.</summary>
    public static UpdateDefinition<BsonDocument> Claim(StoredExecution execution) => Change.Combine(
        Write([new CallWrite(execution, [])]), Change.Set(HolderPath(execution.Identity), execution.Id));

    public static DateTimeOffset ReadExpires(BsonDocument call) =>
        DateTimeOffset.FromUnixTimeMilliseconds(call[Expires].AsBsonDateTime.MillisecondsSinceEpoch);

    /// <returns>Null: the call hasn't been ended.</returns>
    public static DateTimeOffset? ReadEnded(BsonDocument call) =>
        call.TryGetValue(Ended, out var ended) ? ToTime(ended.AsInt64) : null;

    public static string? ReadHolder(BsonDocument call, string identity) =>
        call.TryGetValue(Holders, out var holders)
            && holders.AsBsonDocument.TryGetValue(Escape(identity), out var holder)
            ? holder.AsString
            : null;

    public static CallKey ReadKey(BsonDocument call)
    {
        var key = MongoKey.Read(call["_id"]) ?? throw new InvalidDataException("A call has an unreadable _id.");
        return new CallKey(key.Workspace, key.Id);
    }

    public static IEnumerable<StoredExecution> ReadExecutions(BsonDocument call)
    {
        if (!call.TryGetValue(Executions, out var executions))
            yield break;
        var key = ReadKey(call);
        var expires = ReadExpires(call);
        foreach (var (id, value) in
            executions.AsBsonDocument.Select(element => (element.Name, element.Value.AsBsonDocument)))
        {
            yield return new StoredExecution
            {
                Call = key,
                Id = Unescape(id),
                Identity = value["identity"].AsString,
                State = (StoredExecutionState)value["state"].AsInt32,
                Started = ToTime(value["started"].AsInt64),
                Deadline = ToTime(value["deadline"].AsInt64),
                Expires = expires,
                LastSequence = value["last_sequence"].AsInt32,
                SameAs = value["same_as"].AsString,
                Summary = value["summary"].AsByteArray,
                Content = value["content"].AsByteArray,
            };
        }
    }

    public static IEnumerable<StoredVariable> ReadVariables(BsonDocument call) =>
        call.TryGetValue(Variables, out var variables)
            ? variables.AsBsonDocument.Select(element => new StoredVariable(
                Unescape(element.Name), ToTime(element.Value["written"].AsInt64), element.Value["content"].AsByteArray))
            : [];

    private static string ExecutionPath(string id) => $"{Executions}.{Escape(id)}";

    private static string VariablePath(string name) => $"{Variables}.{Escape(name)}";

    // A path ends at a dot, and the name of a field at a NUL.
    private static string Escape(string name) =>
        Uri.EscapeDataString(name).Replace(".", "%2E", StringComparison.Ordinal);

    private static string Unescape(string field) => Uri.UnescapeDataString(field);

    private static BsonDocument ToDocument(StoredExecution execution) => new()
    {
        ["identity"] = execution.Identity,
        ["state"] = (int)execution.State,
        ["started"] = ToNumber(execution.Started),
        ["deadline"] = ToNumber(execution.Deadline),
        ["last_sequence"] = execution.LastSequence,
        ["same_as"] = execution.SameAs,
        ["summary"] = new BsonBinaryData(execution.Summary.ToArray()),
        ["content"] = new BsonBinaryData(execution.Content.ToArray()),
    };

    private static BsonDocument ToDocument(StoredVariable variable) => new()
    {
        ["written"] = ToNumber(variable.Written),
        ["content"] = new BsonBinaryData(variable.Content.ToArray()),
    };
}
