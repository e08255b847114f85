using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Actions.Engine;
using Actions.Server.Configuration;
using Actions.Server.Errors;
using Actions.Server.Telemetry;
using Actions.Storage;
using Actions.V1;
using Microsoft.Extensions.Options;

namespace Actions.Server.History;

/// <summary>Takes executions that have ended for <see cref="HistoryWriter"/>. No execution waits for it.</summary>
internal sealed class ExecutionRecorder(
    HistoryAccess history, HistoryMetrics metrics, ExecutionSpans spans, IOptions<HistoryOptions> options,
    IOptions<ServerOptions> server, TimeProvider time)
{
    // Executions that began before their call was forgotten have ended by then, and been written by whatever server.
    private static readonly TimeSpan ForgottenFor = TimeSpan.FromDays(1);

    // Of bodies in the queue, which may be large: without them an execution takes some kilobytes there.
    private const long MaxHeldBytes = 64 << 20;

    private readonly bool _isOff = options.Value.Level == HistoryOptions.Off;
    private readonly bool _keepsContent = options.Value.Level == HistoryOptions.Full;
    // The oldest ones stay: what is told of an overload is how it began.
    private readonly Channel<ExecutionTrail> _ended = Channel.CreateBounded<ExecutionTrail>(
        new BoundedChannelOptions(options.Value.QueueSize) { SingleReader = true });

    private long _heldBytes;

    /// <summary>How many wait to be written.</summary>
    public int Waiting => _ended.Reader.Count;

    /// <returns>Null: nothing of this execution is recorded, and it has no span.</returns>
    public ExecutionTrail? Begin(string workspace, string executionId, ActionPlan plan, ExecuteRequest request)
    {
        if ((_isOff && !spans.AreWanted) || request.DryRun || request.Simulate is not null)
            return null;
        // Beyond what can be written, notes would be taken for nothing.
        if (!_isOff && !spans.AreWanted && Waiting >= options.Value.QueueSize)
        {
            metrics.Dropped(1);
            return null;
        }

        return new ExecutionTrail(workspace, executionId, plan, request, time, _keepsContent && plan.RecordsContent);
    }

    /// <summary>Never waits.</summary>
    public void End(ExecutionTrail trail)
    {
        // One that was refused before its Start is no execution.
        if (!trail.HasEvents)
            return;
        trail.End();
        trail.TraceId = spans.Record(trail.ToEnded());
        if (_isOff)
            return;
        if (Volatile.Read(ref _heldBytes) <= MaxHeldBytes && _ended.Writer.TryWrite(trail))
            Interlocked.Add(ref _heldBytes, trail.HeldBytes);
        else
            metrics.Dropped(1);
    }

    /// <summary>For one reader.</summary>
    public bool TryTake([NotNullWhen(true)] out ExecutionTrail? trail)
    {
        if (!_ended.Reader.TryRead(out trail))
            return false;
        Interlocked.Add(ref _heldBytes, -trail.HeldBytes);
        return true;
    }

    /// <returns>False: nothing will come any more.</returns>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) =>
        _ended.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Nothing is taken any more.</summary>
    public void Complete() => _ended.Writer.TryComplete();

    /// <summary>
    /// Deletes the executions of a call, also of those that are running or queued, on any server: the store refuses to
    /// add them.
    /// </summary>
    /// <exception cref="HistoryUnavailableException">They may still be there.</exception>
    public async Task ForgetAsync(CallKey call, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        try
        {
            await history.UseAsync(
                async (store, token) =>
                {
                    await store.ForgetAsync(call, now, now + ForgottenFor, token).ConfigureAwait(false);
                    return true;
                },
                server.Value.StoreTimeout,
                cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            throw new HistoryUnavailableException(e.InnerException ?? e);
        }
    }
}
