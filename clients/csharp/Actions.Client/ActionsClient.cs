using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Actions.V1;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Actions.Client;

/// <summary>
/// A channel to one server, which reconnects by itself. Safe to share between threads. gRPC retries a call only if the
/// server can't have seen it; this client retries nothing else. Every error is an <see cref="ActionException"/>.
/// </summary>
public sealed class ActionsClient : IDisposable
{
    private readonly GrpcChannel _channel;

    /// <param name="address">http://host:port, or https://host:port for TLS.</param>
    /// <param name="options">API key, default deadline, trusted authorities.</param>
    public ActionsClient(Uri address, ActionsClientOptions? options = null)
    {
        options ??= new ActionsClientOptions();
        var sockets = new SocketsHttpHandler { EnableMultipleHttp2Connections = true };
        if (options.CertificateAuthorities is { } roots)
        {
            sockets.SslOptions.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            sockets.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        }

        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = sockets, DisposeHttpClient = true });
        var calls = _channel.Intercept(new CallInterceptor(options));
        Actions = new ActionService.ActionServiceClient(calls);
        Configs = new ActionConfigService.ActionConfigServiceClient(calls);
        Keys = new ApiKeyService.ApiKeyServiceClient(calls);
        History = new ExecutionService.ExecutionServiceClient(calls);
    }

    /// <summary>Executes actions; for its streams, <see cref="ExecuteAsync"/> and <see cref="AttachAsync"/> are more
    /// convenient.</summary>
    public ActionService.ActionServiceClient Actions { get; }

    /// <summary>Manages actions.</summary>
    public ActionConfigService.ActionConfigServiceClient Configs { get; }

    /// <summary>Manages the API keys of the workspace.</summary>
    public ApiKeyService.ApiKeyServiceClient Keys { get; }

    /// <summary>What was executed, and what happened.</summary>
    public ExecutionService.ExecutionServiceClient History { get; }

    /// <summary>
    /// Executes an action and streams its events. Leaving the loop early ends the stream; whether the HTTP call ends
    /// with it is for the action's on_interruption to say, if the request has a call_id.
    /// </summary>
    /// <param name="request">The action and its variables.</param>
    /// <param name="timeout">The deadline. Null: <see cref="ActionsClientOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Cancels the stream.</param>
    /// <exception cref="ActionException">The stream ended with an error status.</exception>
    public async IAsyncEnumerable<ExecuteResponse> ExecuteAsync(
        ExecuteRequest request,
        TimeSpan? timeout = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        DateTime? deadline = timeout is { } time ? TimeProvider.System.GetUtcNow().UtcDateTime + time : null;
        using var call = Actions.Execute(request, deadline: deadline, cancellationToken: cancellationToken);
        while (await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
            yield return call.ResponseStream.Current;
    }

    /// <summary>Follows an execution that has a call_id, on any server.</summary>
    /// <param name="request">The execution, and the last event that is known.</param>
    /// <param name="timeout">The deadline. Null: <see cref="ActionsClientOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Cancels the stream, not the execution.</param>
    /// <exception cref="ActionException">The stream ended with an error status.</exception>
    public async IAsyncEnumerable<AttachResponse> AttachAsync(
        AttachRequest request,
        TimeSpan? timeout = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        DateTime? deadline = timeout is { } time ? TimeProvider.System.GetUtcNow().UtcDateTime + time : null;
        using var call = Actions.Attach(request, deadline: deadline, cancellationToken: cancellationToken);
        while (await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
            yield return call.ResponseStream.Current;
    }

    /// <summary>Executes an action and calls a callback for each event.</summary>
    /// <returns>The last event, which has the Result or Failure.</returns>
    /// <exception cref="ActionException">The stream ended with an error status.</exception>
    public async Task<ExecutionEvent> RunAsync(
        ExecuteRequest request,
        Action<Start>? onStart = null,
        Action<Delay>? onDelay = null,
        Action<Retry>? onRetry = null,
        Action<Result>? onResult = null,
        Action<Failure>? onFailure = null,
        CancellationToken cancellationToken = default)
    {
        var last = new ExecutionEvent();
        await foreach (var response in ExecuteAsync(request, null, cancellationToken).ConfigureAwait(false))
        {
            last = response.Event;
            switch (last.EventCase)
            {
                case ExecutionEvent.EventOneofCase.Start: onStart?.Invoke(last.Start); break;
                case ExecutionEvent.EventOneofCase.Delay: onDelay?.Invoke(last.Delay); break;
                case ExecutionEvent.EventOneofCase.Retry: onRetry?.Invoke(last.Retry); break;
                case ExecutionEvent.EventOneofCase.Result: onResult?.Invoke(last.Result); break;
                case ExecutionEvent.EventOneofCase.Failure: onFailure?.Invoke(last.Failure); break;
                default: break; // An event of a newer server is ignored.
            }
        }

        return last;
    }

    public void Dispose() => _channel.Dispose();
}
