using Actions.Server.Logging;
using Grpc.Core;

namespace Actions.Server.Errors;

/// <summary>
/// The only place that catches errors of a call: a known one becomes its status, an unknown one INTERNAL with an id and
/// a log entry.
/// </summary>
internal sealed class ErrorInterceptor(ILogger<ErrorInterceptor> log) : CallInterceptor
{
    protected override async Task<T> RunAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (RpcException)
        {
            throw;
        }
        catch (Exception e) when (context.CancellationToken.IsCancellationRequested)
        {
            // The client has gone; an error that follows from the cancellation isn't worth a log entry.
            throw new RpcException(new Status(StatusCode.Cancelled, "The call was cancelled.", e));
        }
        catch (Exception e) when (RpcErrors.From(e) is { } error)
        {
            if (e.InnerException is { } cause)
                log.CallFailed(context.Method, error.StatusCode, cause);
            else
                log.CallRefused(context.Method, error.StatusCode, error.Status.Detail);
            throw error;
        }
        catch (Exception e)
        {
            var errorId = Guid.NewGuid().ToString("N");
            log.CallFailedInternally(context.Method, errorId, e);
            throw RpcErrors.Internal(errorId);
        }
    }
}
