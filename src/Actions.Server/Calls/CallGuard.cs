using Actions.Server.Errors;
using Actions.Server.Lifecycle;
using Grpc.Core;

namespace Actions.Server.Calls;

/// <summary>
/// What surrounds every call: counts it in and out of the <see cref="Drain"/>, and is the only place that catches its
/// errors.
/// </summary>
internal sealed class CallGuard(Drain drain, CallErrors errors)
{
    /// <param name="call">Gets <paramref name="state"/>, so that it needs no closure.</param>
    public async Task RunAsync<TState>(ServerCallContext context, TState state, Func<TState, Task> call)
    {
        var isCounted = false;
        try
        {
            // Health and reflection respond until the server has stopped.
            if (!Infrastructure.Has(context.Method))
            {
                drain.Enter();
                isCounted = true;
            }

            if (ResponseCompression.IsWanted(context))
                await ResponseCompression.BeginAsync(context).ConfigureAwait(false);
            await call(state).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (
            isCounted && drain.Aborted.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw errors.StatusOf(context, new DrainingException());
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw errors.StatusOf(context, e);
        }
        finally
        {
            if (isCounted)
                drain.Leave();
        }
    }
}
