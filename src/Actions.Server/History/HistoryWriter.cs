using Actions.Server.Logging;
using Actions.Server.Telemetry;
using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server.History;

/// <summary>Writes ended executions in batches, and never for longer than its share of the processors' time.</summary>
internal sealed class HistoryWriter(
    ExecutionRecorder recorder,
    HistoryAccess history,
    HistoryMetrics metrics,
    IOptions<HistoryOptions> options,
    TimeProvider time,
    ILogger<HistoryWriter> log) : BackgroundService
{
    // Some milliseconds of work for SQLite.
    private const int MaxBatch = 1_000;

    // Between two batches at least, so that they are some: a write of one execution costs as much as one of thirty.
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    // How long the end of the server waits for what hasn't been written. A part of Drain:StopTimeout's default.
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(3);

    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<ExecutionTrail> _batch = new(MaxBatch);
    private readonly double _pausePerWork =
        Math.Max(0, (1 / (options.Value.ProcessorShare * Environment.ProcessorCount)) - 1);

    private readonly LogThrottle<bool> _throttle = new(TimeSpan.FromSeconds(10), time, capacity: 3);
    private bool _isAway;
    private long _reported;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        recorder.Complete();
        _ending.TrySetResult();
        try
        {
            await (ExecuteTask ?? Task.CompletedTask).WaitAsync(FlushTimeout, time, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // The database doesn't answer.
        }

        await base.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        metrics.Dropped(recorder.Waiting);
        ReportDropped();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await recorder.WaitAsync(stoppingToken).ConfigureAwait(false))
            {
                var began = time.GetTimestamp();
                Take();
                await WriteAsync(stoppingToken).ConfigureAwait(false);
                ReportDropped();
                var pause = time.GetElapsedTime(began) * _pausePerWork;
                await PauseAsync(pause < MinPause ? MinPause : pause > MaxPause ? MaxPause : pause)
                    .ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The time to flush is over.
        }
        finally
        {
            metrics.Dropped(_batch.Count);
        }
    }

    private void Take()
    {
        while (_batch.Count < MaxBatch && recorder.TryTake(out var trail))
            _batch.Add(trail);
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        var entries = Build();
        while (true)
        {
            // Once the server ends there is no second attempt.
            var isLast = _ending.Task.IsCompleted;
            try
            {
                await history.UseAsync(
                    async (store, token) =>
                    {
                        await store.AppendAsync(entries, token).ConfigureAwait(false);
                        return true;
                    },
                    HistoryAccess.LongTimeout,
                    cancellationToken).ConfigureAwait(false);
                metrics.Recorded(entries.Count);
                _batch.Clear();
                if (_isAway)
                    log.HistoryIsBack();
                _isAway = false;
                return;
            }
            catch (StoreUnavailableException e)
            {
                metrics.Failed();
                history.PrepareAgain();
                if (!_isAway)
                    log.HistoryIsUnavailable(e);
                _isAway = true;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // Not the store: these can't be written at all, and others wait behind them.
                metrics.Failed();
                log.HistoryFailed(entries.Count, e);
                isLast = true;
            }

            if (isLast)
            {
                metrics.Dropped(entries.Count);
                _batch.Clear();
                return;
            }

            ReportDropped();
            await PauseAsync(RetryPause).ConfigureAwait(false);
        }
    }

    private List<HistoryEntry> Build()
    {
        var entries = new List<HistoryEntry>(_batch.Count);
        foreach (var trail in _batch)
        {
            try
            {
                entries.Add(HistoryEntries.Of(trail));
            }
            catch (Exception e)
            {
                metrics.Dropped(1);
                log.HistoryFailed(1, e);
            }
        }

        return entries;
    }

    /// <summary>Shorter once the server ends.</summary>
    private async Task PauseAsync(TimeSpan pause) =>
        await _ending.Task.WaitAsync(pause, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private void ReportDropped()
    {
        var dropped = metrics.DroppedSoFar;
        if (dropped > _reported && _throttle.TryTake(true))
        {
            log.HistoryDropped(dropped - _reported);
            _reported = dropped;
        }
    }
}
