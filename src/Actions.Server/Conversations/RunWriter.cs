using Actions.Server.Logging;
using Actions.Storage;

namespace Actions.Server.Conversations;

/// <summary>
/// Writes runs to the store, off their path. What is pending goes into one transaction; a run that changes while it
/// waits is written once, as it is then.
/// </summary>
internal sealed class RunWriter(
    ICallStore store, Runs runs, RunRecords records, TimeProvider time, ILogger<RunWriter> log) : BackgroundService
{
    // At 3 KiB each, some 60 MiB during an outage.
    private const int MaxPending = 20_000;

    // A transaction holds the store's lock while it lasts.
    private const int MaxBatch = 500;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _isPending = new(0, 1);
    private Dictionary<Run, TaskCompletionSource> _pending = [];
    private bool _isStopping;

    /// <returns>Completes when the store has the run as it is now, or never will.</returns>
    public Task Write(Run run)
    {
        lock (_gate)
        {
            if (_pending.TryGetValue(run, out var waiting))
                return waiting.Task;
            if (_pending.Count >= MaxPending)
                DropOne();
            var stored = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _pending.Add(run, stored);
            if (_pending.Count == 1)
                Wake();
            return stored.Task;
        }
    }

    /// <summary>Writes what is pending before the server stops, and what its end does to the runs.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(runs.All().Select(run => run.Over)).WaitAsync(cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            _isStopping = true;
            Wake();
        }

        if (ExecuteTask is { } running)
            await running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // The store is away: what is pending is lost with this server.
        if (ExecuteTask is { IsCompleted: false })
            await base.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await WriteAllAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The time to write is over.
        }
    }

    private async Task WriteAllAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await _isPending.WaitAsync(stoppingToken).ConfigureAwait(false);
            while (Take() is { Count: > 0 } batch)
            {
                if (await WriteAsync(batch, stoppingToken).ConfigureAwait(false))
                    continue;
                Return(batch);
                await Task.Delay(RetryDelay, time, stoppingToken).ConfigureAwait(false);
            }

            lock (_gate)
            {
                if (_isStopping && _pending.Count == 0)
                    return;
            }
        }
    }

    private async Task<bool> WriteAsync(
        Dictionary<Run, TaskCompletionSource> batch, CancellationToken cancellationToken)
    {
        try
        {
            var writes = new List<CallWrite>(batch.Count);
            foreach (var run in batch.Keys)
            {
                // An outage may last longer than the call.
                if (records.ExpiryFrom(run.Started) > time.GetUtcNow())
                    writes.Add(new CallWrite(records.Of(run), run.Snapshot().Variables));
            }

            await store.WriteAsync(writes, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Never again: what can't be written now can't be written later.
            log.RunsNotKept(batch.Count, e);
        }

        foreach (var stored in batch.Values)
            stored.TrySetResult();
        return true;
    }

    private Dictionary<Run, TaskCompletionSource> Take()
    {
        lock (_gate)
        {
            if (_pending.Count <= MaxBatch)
                return Interlocked.Exchange(ref _pending, []);
            var batch = _pending.Take(MaxBatch).ToDictionary();
            foreach (var run in batch.Keys)
                _pending.Remove(run);
            return batch;
        }
    }

    private void Return(Dictionary<Run, TaskCompletionSource> batch)
    {
        lock (_gate)
        {
            foreach (var (run, stored) in batch)
            {
                // Has changed meanwhile.
                if (_pending.TryGetValue(run, out var later))
                    later.Task.ContinueWith(_ => stored.TrySetResult(), TaskScheduler.Default);
                else
                    _pending.Add(run, stored);
            }
        }
    }

    private void DropOne()
    {
        // Whoever repeats a claim asks what has become of it; nobody repeats the others.
        var victim = _pending.Keys.FirstOrDefault(run => !run.IsClaimed) ?? _pending.Keys.First();
        _pending.Remove(victim, out var stored);
        stored!.TrySetResult();
    }

    private void Wake()
    {
        if (_isPending.CurrentCount == 0)
            _isPending.Release();
    }
}
