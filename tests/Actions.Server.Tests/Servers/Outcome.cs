using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.Servers;

/// <summary>An execution in one word.</summary>
internal static class Outcome
{
    /// <returns>What the API answered, or why there is no answer: the reason of the failure or of the error.</returns>
    public static async Task<string> OfAsync(
        V1.ActionService.ActionServiceClient actions, ExecuteRequest request, CancellationToken cancellationToken, TimeSpan? deadline = null)
    {
        DateTime? until = deadline is null ? null : (TimeProvider.System.GetUtcNow() + deadline.Value).UtcDateTime;
        try
        {
            using var call = actions.Execute(request, deadline: until, cancellationToken: cancellationToken);
            ExecutionEvent last = new();
            while (await call.ResponseStream.MoveNext(cancellationToken))
                last = call.ResponseStream.Current.Event;
            return last.Failure is { } failure ? $"{failure.Reason}: {failure.Detail}" : last.Result.Body.ToStringUtf8();
        }
        catch (RpcException e) when (e.Trailers.Get("grpc-status-details-bin") is not null)
        {
            return (await Refusal.OfAsync(Task.FromException(e))).Reason;
        }
        catch (RpcException e)
        {
            return $"{e.StatusCode}: {e.Status.Detail}";
        }
    }
}
