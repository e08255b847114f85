using System.Text.Json;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Actions.Peer;

/// <summary>The API whose paths the actions name.</summary>
internal sealed record Api(Uri Address);

/// <summary>
/// The same visible work: Start, a GET of <c>/{name}</c> or <c>/{name}/{order}</c> within the time-out, a Delay beyond
/// a threshold, and a Result with the selected fields, or a Failure.
/// </summary>
internal sealed class BareActionService(Api api) : ActionService.ActionServiceBase, IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Threshold = TimeSpan.FromSeconds(2);

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false });

    public override async Task Execute(
        ExecuteRequest request, IServerStreamWriter<ExecuteResponse> responseStream, ServerCallContext context)
    {
        var id = Guid.NewGuid().ToString("N");
        var began = TimeProvider.System.GetTimestamp();
        var sequence = 0;
        await WriteAsync(new ExecutionEvent { Start = new Start { Message = "Let me look that up." } });

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        stop.CancelAfter(Timeout);
        using var message = new HttpRequestMessage(
            System.Net.Http.HttpMethod.Get, new Uri(api.Address, ToPath(request)));
        var call = CallAsync(message, request.Name, stop.Token);
        using var silence = new CancellationTokenSource();
        if (!call.IsCompleted
            && await Task.WhenAny(call, Task.Delay(Threshold, TimeProvider.System, silence.Token)) != call)
            await WriteAsync(new ExecutionEvent { Delay = new Delay { Message = "One moment.", Ordinal = 1 } });
        await silence.CancelAsync();
        await WriteAsync(await call);

        Task WriteAsync(ExecutionEvent next)
        {
            next.Sequence = ++sequence;
            next.Elapsed = Duration.FromTimeSpan(TimeProvider.System.GetElapsedTime(began));
            return responseStream.WriteAsync(
                new ExecuteResponse { ExecutionId = id, Event = next }, context.CancellationToken);
        }
    }

    public void Dispose() => _http.Dispose();

    private static string ToPath(ExecuteRequest request) =>
        request.Variables.TryGetValue("order", out var order)
            ? $"{request.Name}/{Uri.EscapeDataString(order.StringValue)}"
            : request.Name;

    private async Task<ExecutionEvent> CallAsync(
        HttpRequestMessage message, string action, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.SendAsync(message, cancellationToken);
            if (!response.IsSuccessStatusCode)
                return Fail(FailureReason.HttpStatus, (int)response.StatusCode);
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            using var json = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
            var result = new Result
            {
                StatusCode = (int)response.StatusCode,
                ContentType = response.Content.Headers.ContentType?.ToString() ?? "",
                Attempts = 1,
            };
            ByHand.Select(action, json.RootElement, result);
            return new ExecutionEvent { Result = result };
        }
        catch (OperationCanceledException)
        {
            return Fail(FailureReason.Timeout);
        }
        catch (HttpRequestException)
        {
            return Fail(FailureReason.Connection);
        }
        catch (IOException)
        {
            return Fail(FailureReason.Connection);
        }
        catch (JsonException)
        {
            return Fail(FailureReason.InvalidResponse);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
        {
            return Fail(FailureReason.MissingResult);
        }
    }

    private static ExecutionEvent Fail(FailureReason reason, int status = 0) => new()
    {
        Failure = new Failure
        {
            Message = "I can't reach the shop now.",
            Reason = reason,
            StatusCode = status,
            Attempts = 1,
        },
    };
}
