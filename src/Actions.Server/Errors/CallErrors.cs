using Actions.Server.Logging;
using Grpc.Core;

namespace Actions.Server.Errors;

/// <summary>
/// Turns the error of a call into its status, and logs it: a known one becomes what <see cref="RpcErrors"/> says, an
/// unknown one INTERNAL with an id and a log entry.
/// </summary>
internal sealed class CallErrors(ILogger<CallErrors> log)
{
    public RpcException StatusOf(ServerCallContext context, Exception e)
    {
        // The client has gone; an error that follows from the cancellation isn't worth a log entry.
        if (context.CancellationToken.IsCancellationRequested)
            return new RpcException(new Status(StatusCode.Cancelled, "The call was cancelled.", e));
        if (RpcErrors.From(e) is { } error)
        {
            if (e.InnerException is { } cause)
                log.CallFailed(context.Method, error.StatusCode, cause);
            else
                log.CallRefused(context.Method, error.StatusCode, error.Status.Detail);
            return error;
        }

        var errorId = Guid.NewGuid().ToString("N");
        log.CallFailedInternally(context.Method, errorId, e);
        return RpcErrors.Internal(errorId);
    }
}
