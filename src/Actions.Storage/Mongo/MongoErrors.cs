using MongoDB.Driver;

namespace Actions.Storage.Mongo;

/// <summary>What the driver's exceptions mean.</summary>
internal static class MongoErrors
{
    // https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
    private const int Unauthorized = 13;
    private const int ExceededTimeLimit = 262;
    private const int ChangeStreamFatalError = 280;
    private const int ChangeStreamHistoryLost = 286;

    public static bool IsDuplicateKey(this MongoWriteException e) => e.WriteError?.Category == ServerErrorCategory.DuplicateKey;

    /// <summary>
    /// Whether the servers are out of reach, or none of them is the primary: then every other operation would wait in vain
    /// as well.
    /// </summary>
    public static bool IsOutage(Exception e) =>
        // No server in time; none answered in time.
        e is TimeoutException
        or MongoConnectionException
        or MongoConnectionPoolPausedException
        or MongoWaitQueueFullException
        or MongoNotPrimaryException
        or MongoNodeIsRecoveringException
        or MongoCommandException { Code: ExceededTimeLimit };

    /// <summary>Whether a stream of changes can't be taken up where it was left.</summary>
    public static bool IsHistoryLost(Exception e) =>
        e is MongoCommandException { Code: ChangeStreamHistoryLost or ChangeStreamFatalError }
        || (e as MongoException)?.HasErrorLabel("NonResumableChangeStreamError") == true;

    /// <summary>A sentence about the server, without the driver's words.</summary>
    public static string Describe(Exception e) => e switch
    {
        MongoAuthenticationException => "refuses the credentials",
        MongoCommandException { Code: Unauthorized } => "doesn't let this user do what is needed",
        MongoIncompatibleDriverException => "is of a version that this driver can't talk to",
        MongoNotPrimaryException or MongoNodeIsRecoveringException => "has no primary",
        TimeoutException or MongoExecutionTimeoutException => "didn't answer in time",
        MongoConnectionException => "can't be reached",
        MongoWaitQueueFullException or MongoConnectionPoolPausedException => "has no connection to spare",
        _ => "can't be used",
    };
}
