using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Actions.Engine.Outbound.Guard;
using Actions.Engine.Outcomes;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Outbound;

/// <summary>
/// Opens connections before they are needed: one for each host, which all who ask at the same time share. Within the
/// SSRF guard and a workspace's share of DNS look-ups, as all connections.
/// </summary>
internal sealed class Readiness(UpstreamHttp upstream, TimeProvider time)
{
    // A host that needs longer isn't made ready by waiting for it: the phone rings for some seconds.
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    // Attempts at once, of all workspaces. Hosts that don't answer must not take all sockets.
    private const int MaxAttempts = 128;

    private readonly ConcurrentDictionary<Origin, Lazy<Task<ImmutableArray<PreparedStep>>>> _running = [];
    private SemaphoreSlim Places { get; } = new(MaxAttempts);

    /// <returns>The steps, the last of which may have failed.</returns>
    /// <param name="workspace">Whose share of look-ups is used.</param>
    /// <param name="url">Any of its host.</param>
    /// <param name="cancellationToken">Ends the wait, not the attempt.</param>
    public Task<ImmutableArray<PreparedStep>> ConnectAsync(
        string workspace, Uri url, CancellationToken cancellationToken)
    {
        var origin = Origin.Of(url);
        var fresh = new Lazy<Task<ImmutableArray<PreparedStep>>>(() => RunAsync(workspace, url, origin));
        return _running.GetOrAdd(origin, fresh).Value.WaitAsync(cancellationToken);
    }

    private async Task<ImmutableArray<PreparedStep>> RunAsync(string workspace, Uri url, Origin origin)
    {
        // The dictionary's lazy value calls this: nothing of it may run on the first caller's thread.
        await Task.Yield();
        var steps = new Steps(time);
        try
        {
            using var timeout = new CancellationTokenSource(Patience, time);
            await OpenAsync(workspace, url, origin, steps, timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            steps.Fail(new UpstreamFailure(
                FailureReason.Timeout, $"Not ready within {Patience.TotalSeconds:0} s; given up."));
        }
        catch (Exception e) when (FailureClassifier.Classify(e) is { } failure)
        {
            steps.Fail(failure);
        }
        finally
        {
            _running.TryRemove(origin, out _);
        }

        return steps.Taken;
    }

    private async Task OpenAsync(
        string workspace, Uri url, Origin origin, Steps steps, CancellationToken cancellationToken)
    {
        var host = UrlHost.Parse(url.IdnHost);
        if (host.Address is null)
            steps.Begin(PreparationKind.Resolve);
        else
            steps.Begin(PreparationKind.Connect);
        upstream.ThrowIfBlocked(url);
        if (upstream.Ready.Has(origin))
        {
            steps.WereReady(host.Address is null, origin.IsTls);
            return;
        }

        await Places.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var addresses = await upstream.Guard.FindAsync(url, host, workspace, cancellationToken)
                .ConfigureAwait(false);
            if (host.Address is null)
                steps.Begin(PreparationKind.Connect);
            var connection = await DialAsync(addresses, origin, cancellationToken).ConfigureAwait(false);
            var socket = (connection as NetworkStream)?.Socket;
            if (origin.IsTls)
            {
                steps.Begin(PreparationKind.Tls);
                connection = await SecureAsync(connection, origin, cancellationToken).ConfigureAwait(false);
            }

            steps.End();
            upstream.Ready.Keep(origin, connection, socket, time);
        }
        finally
        {
            Places.Release();
        }
    }

    private async Task<Stream> DialAsync(IPAddress[] addresses, Origin origin, CancellationToken cancellationToken)
    {
        try
        {
            return await upstream.Guard.DialAsync(addresses, origin.Port, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            // As HttpClient has it.
            throw new HttpRequestException(HttpRequestError.ConnectionError, inner: e);
        }
    }

    private async Task<Stream> SecureAsync(Stream connection, Origin origin, CancellationToken cancellationToken)
    {
        var secured = new SslStream(connection);
        try
        {
            await secured.AuthenticateAsClientAsync(upstream.Ready.TlsFor(origin), cancellationToken)
                .ConfigureAwait(false);
            return secured;
        }
        catch (Exception e)
        {
            await secured.DisposeAsync().ConfigureAwait(false);
            // A socket that is closed because of the cancellation may fail with an exception of its own.
            cancellationToken.ThrowIfCancellationRequested();
            // As HttpClient has it.
            throw new HttpRequestException(HttpRequestError.SecureConnectionError, inner: e);
        }
    }

    /// <summary>What was done, one after the other.</summary>
    private sealed class Steps(TimeProvider time)
    {
        private readonly ImmutableArray<PreparedStep>.Builder _taken = ImmutableArray.CreateBuilder<PreparedStep>();
        private long _began;

        public ImmutableArray<PreparedStep> Taken => _taken.ToImmutable();

        public void Begin(PreparationKind kind)
        {
            End();
            _taken.Add(new PreparedStep { Kind = kind });
            _began = time.GetTimestamp();
        }

        public void End()
        {
            if (_taken.Count > 0)
                _taken[^1].Elapsed = Duration.FromTimeSpan(time.GetElapsedTime(_began));
        }

        public void Fail(UpstreamFailure failure)
        {
            End();
            (_taken[^1].Failure, _taken[^1].Detail) = (failure.Reason, failure.Detail);
        }

        public void WereReady(bool isNamed, bool isTls)
        {
            _taken.Clear();
            PreparationKind[] kinds = [PreparationKind.Resolve, PreparationKind.Connect, PreparationKind.Tls];
            foreach (var kind in kinds)
            {
                if (kind == PreparationKind.Connect || (kind == PreparationKind.Resolve ? isNamed : isTls))
                    _taken.Add(new PreparedStep { Kind = kind, ReadyBefore = true, Elapsed = new Duration() });
            }
        }
    }
}
