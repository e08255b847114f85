using Actions.V1;
using Grpc.Core;
using Kind = Actions.V1.ExecutionEvent.EventOneofCase;

namespace Actions.Server.Tests.Conversations;

/// <summary>Somebody who reads a stream of events until it ends, or is made to leave it.</summary>
internal sealed class Listener : IDisposable
{
    private readonly CancellationTokenSource _leaves = new();
    private readonly Lock _gate = new();
    private readonly List<ExecutionEvent> _events = [];
    private readonly int _after;
    private string _executionId = "";

    private Listener(int order, int after) => (Order, _after) = (order, after);

    public int Order { get; }

    /// <summary>Completes when the stream has ended.</summary>
    public Task Over { get; private set; } = Task.CompletedTask;

    /// <summary>Why the stream broke. Null: it ended with OK.</summary>
    public StatusCode? Error { get; private set; }

    public bool HasLeft => _leaves.IsCancellationRequested;

    /// <summary>Empty: nothing was told yet.</summary>
    public string ExecutionId
    {
        get
        {
            lock (_gate)
                return _executionId;
        }
    }

    public ExecutionEvent? Last
    {
        get
        {
            lock (_gate)
                return _events.LastOrDefault();
        }
    }

    public static Listener Execute(RunningServer server, ExecuteRequest request, int order)
    {
        var listener = new Listener(order, after: 0);
        listener.Over = listener.ReadAsync(
            server.Actions.Execute(request, cancellationToken: listener._leaves.Token),
            response => (response.ExecutionId, response.Event));
        return listener;
    }

    public static Listener Attach(RunningServer server, Listener to)
    {
        var after = to.Last?.Sequence ?? 0;
        var listener = new Listener(to.Order, after);
        listener.Over = listener.ReadAsync(
            server.Actions.Attach(
                new AttachRequest { ExecutionId = to.ExecutionId, AfterSequence = after },
                cancellationToken: listener._leaves.Token),
            response => (response.ExecutionId, response.Event));
        return listener;
    }

    public void Leave() => _leaves.Cancel();

    public void Dispose() => _leaves.Dispose();

    /// <returns>What was promised of a stream and isn't so. Null: nothing.</returns>
    public string? Complaint()
    {
        lock (_gate)
        {
            var isComplete = Error is null && Over.IsCompleted && !HasLeft;
            var inOrder = _events.Select((next, i) => next.Sequence == _after + i + 1
                && next.EventCase is Kind.Start == (next.Sequence == 1)).All(so => so);
            var outcomes = _events.Count(IsOutcome);
            // Whoever attaches after the outcome is told nothing more.
            var isTold = outcomes == 1 && IsOutcome(_events[^1]);
            var ends = _events.Count == 0 ? _after > 0 || !isComplete : isTold || (outcomes == 0 && !isComplete);
            var error = Error is null or StatusCode.Cancelled or StatusCode.Unavailable
                || (Error is StatusCode.NotFound && _after > 0);
            return inOrder && ends && error
                ? null
                : $"order {Order}, after {_after}: {Error} "
                    + $"{string.Join(", ", _events.Select(next => $"{next.Sequence} {next.EventCase}"))}";
        }
    }

    private static bool IsOutcome(ExecutionEvent next) => next.EventCase is Kind.Result or Kind.Failure;

    private async Task ReadAsync<T>(AsyncServerStreamingCall<T> call, Func<T, (string Id, ExecutionEvent Event)> read)
    {
        using var owned = call;
        try
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                lock (_gate)
                {
                    (_executionId, var next) = read(call.ResponseStream.Current);
                    _events.Add(next);
                }
            }
        }
        catch (RpcException e)
        {
            Error = e.StatusCode;
        }
    }
}
