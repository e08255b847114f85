using System.Net.Sockets;
using System.Security.Authentication;
using MongoDB.Driver;

namespace Actions.Storage.Mongo;

/// <summary>Classifies and describes the driver's exceptions.</summary>
internal static class MongoErrors
{
    // https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
    private const int Unauthorized = 13;
    private const int ExceededTimeLimit = 262;
    private const int ChangeStreamFatalError = 280;
    private const int ChangeStreamHistoryLost = 286;

    public static bool IsDuplicateKey(this MongoWriteException e) =>
        e.WriteError?.Category == ServerErrorCategory.DuplicateKey;

    /// <summary>Whether nothing else was wrong.</summary>
    public static bool IsDuplicateKey<T>(this MongoBulkWriteException<T> e) =>
        e.WriteConcernError is null && e.WriteErrors.All(error => error.Category == ServerErrorCategory.DuplicateKey);

    /// <summary>
    /// Whether the servers can't be reached, or none of them is the primary: every other operation would time out as
    /// well.
    /// </summary>
    public static bool IsOutage(Exception e) =>
        // Time-out of server selection or of an operation.
        e is TimeoutException
        or MongoConnectionException
        or MongoConnectionPoolPausedException
        or MongoWaitQueueFullException
        or MongoNotPrimaryException
        or MongoNodeIsRecoveringException
        or MongoCommandException { Code: ExceededTimeLimit };

    /// <summary>Whether a change stream can't be resumed.</summary>
    public static bool IsHistoryLost(Exception e) =>
        e is MongoCommandException { Code: ChangeStreamHistoryLost or ChangeStreamFatalError }
        || (e as MongoException)?.HasErrorLabel("NonResumableChangeStreamError") == true;

    /// <summary>The predicate of a sentence about the server, without the driver's text.</summary>
    public static string Describe(Exception? e) => e switch
    {
        null => "can't be used",
        AuthenticationException => "has a certificate that isn't trusted or doesn't match its host name",
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "refuses connections",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
            "has a host name that can't be resolved",
        MongoAuthenticationException => "refuses the credentials",
        MongoCommandException { Code: Unauthorized } => "denies this user a required permission",
        MongoIncompatibleDriverException => "has a version that this driver doesn't support",
        MongoNotPrimaryException or MongoNodeIsRecoveringException => "has no primary",
        MongoWaitQueueFullException or MongoConnectionPoolPausedException => "has no free connection in the pool",
        // The inner exception, if any, is more specific.
        MongoConnectionException when Describe(e.InnerException) is var inner => inner == Describe(null) ? "can't be reached" : inner,
        IOException when e.InnerException is not null => Describe(e.InnerException),
        TimeoutException or MongoExecutionTimeoutException => "didn't respond in time",
        _ => "can't be used",
    };
}
