using System.Net.Sockets;
using System.Security.Authentication;
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

    public static bool IsDuplicateKey(this MongoWriteException e) =>
        e.WriteError?.Category == ServerErrorCategory.DuplicateKey;

    /// <summary>
    /// Whether the servers are out of reach, or none of them is the primary: then every other operation would wait in
    /// vain
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
    public static string Describe(Exception? e) => e switch
    {
        null => "can't be used",
        AuthenticationException => "has a certificate that isn't trusted here, or not the name that it is called by",
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "refuses connections",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
            "has a host name that can't be looked up",
        MongoAuthenticationException => "refuses the credentials",
        MongoCommandException { Code: Unauthorized } => "doesn't let this user do what is needed",
        MongoIncompatibleDriverException => "is of a version that this driver can't talk to",
        MongoNotPrimaryException or MongoNodeIsRecoveringException => "has no primary",
        MongoWaitQueueFullException or MongoConnectionPoolPausedException => "has no connection to spare",
        // More is behind it, if anything.
        MongoConnectionException when Describe(e.InnerException) is var inner => inner == Describe(null) ? "can't be reached" : inner,
        IOException when e.InnerException is not null => Describe(e.InnerException),
        TimeoutException or MongoExecutionTimeoutException => "didn't answer in time",
        _ => "can't be used",
    };
}
