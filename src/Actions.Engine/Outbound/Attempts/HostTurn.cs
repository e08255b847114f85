using System.Globalization;
using Actions.Engine.Outcomes;
using Actions.Engine.Telemetry;
using Actions.V1;

namespace Actions.Engine.Outbound.Attempts;

/// <summary>
/// The way of one caller through the lines of hosts. It has one place at most: it leaves one before it waits for the
/// next, so that a redirect or a token from the same host can't wait for itself. Whatever sends requests counts alike:
/// executions, their redirects, <c>Initialize</c> and fetches of tokens.
/// </summary>
/// <param name="hosts">Where the lines are.</param>
/// <param name="workspace">Whose lines.</param>
/// <param name="action">Whose queue within a line.</param>
/// <param name="started">The clock's timestamp from which the timeout counts.</param>
/// <param name="timeout">Of the caller.</param>
internal sealed class HostTurn(
    UpstreamHosts hosts, string workspace, object action, long started, TimeSpan timeout) : IDisposable
{
    // What is left of the timeout for the call itself. Whoever waits longer would only be sent to time out, and then
    // nobody knows what the API has done.
    private const int ShareOfTheCall = 4;

    private UpstreamHost? _guarded;
    private UpstreamHost? _host;
    private HostBreaker.Probe? _probe;
    private bool _came;

    /// <summary>The time that was spent in lines.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>The breaker of this host is asked at each turn, and is told the result.</summary>
    public HostTurn Guarded(string authority)
    {
        _guarded = hosts.Acquire(new HostKey(workspace, authority));
        return this;
    }

    /// <summary>
    /// Returns when it is the caller's turn. Nothing is begun before: no place is held, and no connection.
    /// </summary>
    /// <exception cref="UpstreamException">OVERLOADED: the line is full, the wait was too long, or the circuit breaker
    /// is open.</exception>
    public ValueTask EnterAsync(string authority, CancellationToken cancellationToken)
    {
        Leave();
        var isGuarded = _guarded?.Key.Authority == authority;
        var host = isGuarded ? _guarded! : hosts.Acquire(new HostKey(workspace, authority));
        if ((isGuarded && !MayPass(host)) || !host.Line.TryEnter())
            return WaitAsync(host, isGuarded, cancellationToken);
        _host = host;
        _came |= isGuarded;
        return ValueTask.CompletedTask;
    }

    /// <summary>Gives the place to the next.</summary>
    public void Leave()
    {
        if (_host is not { } host)
            return;
        _host = null;
        host.Line.Leave();
        if (host != _guarded)
            hosts.Release(host);
    }

    /// <summary>Tells the breaker what the attempt came to, if it came to the host at all.</summary>
    public void Tell(AttemptResult result)
    {
        if (!_came)
            return;
        if (_probe is not null)
            _probe.End(result);
        else
            _guarded!.Breaker.Tell(result);
    }

    public void Dispose()
    {
        Leave();
        _probe?.End(null);
        if (_guarded is { } guarded)
            hosts.Release(guarded);
        _guarded = null;
    }

    private bool MayPass(UpstreamHost host) => _probe is not null || host.Breaker.IsClosed;

    private async ValueTask WaitAsync(UpstreamHost host, bool isGuarded, CancellationToken cancellationToken)
    {
        try
        {
            // Asked before the wait as well: nobody waits for a host that is down.
            if (isGuarded && !MayPass(host))
                _probe = await host.Breaker.TryProbeAsync().ConfigureAwait(false) ?? throw BreakerOpen();
            await StandInLineAsync(host.Line, cancellationToken).ConfigureAwait(false);
            _host = host;
            if (isGuarded && !MayPass(host))
                throw BreakerOpen();
            _came |= isGuarded;
        }
        finally
        {
            if (_host is null && !isGuarded)
                hosts.Release(host);
        }
    }

    private async ValueTask StandInLineAsync(HostLine line, CancellationToken cancellationToken)
    {
        var waiter = line.Join(action) ?? throw Overloaded(
            EngineMetrics.LineFull, line, $"and {line.MaxLength} more wait, which is the limit");
        // A place has become free meanwhile.
        if (waiter.Task.IsCompleted)
            return;
        var began = hosts.Time.GetTimestamp();
        var left = timeout - (timeout / ShareOfTheCall) - hosts.Time.GetElapsedTime(started);
        var patience = Min(left, hosts.Options.MaxWaitInLine);
        if (patience <= TimeSpan.Zero)
            waiter.GiveUp(WaitEnd.TooLong);
        WaitEnd end;
        hosts.Metrics.JoinedLine();
        using (hosts.Time.CreateTimer(
            static waiter => ((HostLine.Waiter)waiter!).GiveUp(WaitEnd.TooLong),
            waiter,
            patience > TimeSpan.Zero ? patience : Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan))
        await using (cancellationToken.UnsafeRegister(
            static waiter => ((HostLine.Waiter)waiter!).GiveUp(WaitEnd.Cancelled), waiter).ConfigureAwait(false))
            end = await waiter.Task.ConfigureAwait(false);
        var waited = hosts.Time.GetElapsedTime(began);
        Waited += waited;
        hosts.Metrics.LeftLine(NameOf(end), waited);
        switch (end)
        {
            case WaitEnd.TooLong:
                throw Overloaded(EngineMetrics.LineTooSlow, line, string.Create(
                    CultureInfo.InvariantCulture,
                    $"and this one has waited {waited.TotalMilliseconds:0} ms in a line of {waiter.Length}"));
            case WaitEnd.Cancelled:
                throw new OperationCanceledException(cancellationToken);
            default:
                return;
        }
    }

    private UpstreamException Overloaded(string refusal, HostLine line, string why) =>
        Refused(refusal, $"Too many calls to this host are in flight: {line.Places}, {why}.");

    private UpstreamException BreakerOpen() => Refused(
        EngineMetrics.BreakerOpen,
        "The circuit breaker of this host is open: too many calls to it have failed recently.");

    private UpstreamException Refused(string refusal, string detail)
    {
        hosts.Metrics.Refused(refusal);
        return new UpstreamException(new UpstreamFailure(FailureReason.Overloaded, detail));
    }

    private static string NameOf(WaitEnd end) => end switch
    {
        WaitEnd.Turn => "turn",
        WaitEnd.TooLong => EngineMetrics.LineTooSlow,
        _ => MetricTags.Cancelled,
    };

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
