using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Actions.V1;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Actions.Client;

/// <summary>
/// One channel to a server, which connects again by itself. Safe to share between threads. gRPC makes a call again only
/// where the server can't have seen it; nothing else is retried here. Every error is an <see cref="ActionException"/>.
/// </summary>
public sealed class ActionsClient : IDisposable
{
    private readonly GrpcChannel _channel;

    /// <param name="address">http://host:port, or https://host:port for TLS.</param>
    /// <param name="options">Key, deadline, roots.</param>
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
    }

    /// <summary>Executes actions; <see cref="ExecuteAsync"/> is more convenient.</summary>
    public ActionService.ActionServiceClient Actions { get; }

    /// <summary>Keeps actions.</summary>
    public ActionConfigService.ActionConfigServiceClient Configs { get; }

    /// <summary>Keeps the workspace's keys.</summary>
    public ApiKeyService.ApiKeyServiceClient Keys { get; }

    /// <summary>The story of one execution as it happens. Leaving the loop early aborts the HTTP call.</summary>
    /// <param name="request">Which action, with which variables.</param>
    /// <param name="timeout">Null: that of the options.</param>
    /// <param name="cancellationToken">Aborts the HTTP call, too.</param>
    /// <exception cref="ActionException">It was refused or broken off.</exception>
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

    /// <summary>The same with a callback for each kind of event.</summary>
    /// <returns>The last event: its Result or Failure is what came of it.</returns>
    /// <exception cref="ActionException">It was refused or broken off.</exception>
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
                default: break; // Of a newer server: nothing to act on.
            }
        }

        return last;
    }

    public void Dispose() => _channel.Dispose();
}
