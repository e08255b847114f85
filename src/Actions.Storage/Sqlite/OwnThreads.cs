namespace Actions.Storage.Sqlite;

/// <summary>
/// Threads beside the thread pool, for calls that block. They are kept for a while: starting one takes longer than most
/// operations of a database.
/// </summary>
internal sealed class OwnThreads : IDisposable
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(30);

    private readonly object _gate = new();
    private readonly Queue<Action> _work = [];
    private int _waiting;
    private bool _isDisposed;

    /// <summary>Starts a thread if none is waiting; it is for the user to limit how many run at once.</summary>
    public Task<T> RunAsync<T>(Func<T> use, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _work.Enqueue(Run);
            if (_work.Count > _waiting)
                new Thread(Work) { IsBackground = true, Name = "SQLite" }.Start();
            else
                Monitor.Pulse(_gate);
        }

        return done.Task;

        void Run()
        {
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                done.SetResult(use());
            }
            catch (OperationCanceledException e) when (e.CancellationToken == cancellationToken)
            {
                done.SetCanceled(cancellationToken);
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }
    }

    /// <summary>Each thread ends when its work is done.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Work()
    {
        while (Next() is { } work)
            work();
    }

    /// <returns>Null: the thread isn't needed any more.</returns>
    private Action? Next()
    {
        lock (_gate)
        {
            // Woken, a thread counts as waiting until it is here again, as its work counts as queued.
            for (var wait = true; wait && _work.Count == 0 && !_isDisposed;)
            {
                _waiting++;
                wait = Monitor.Wait(_gate, KeptFor);
                _waiting--;
            }

            return _work.TryDequeue(out var work) ? work : null;
        }
    }
}
