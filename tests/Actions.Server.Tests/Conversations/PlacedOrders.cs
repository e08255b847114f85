using System.Collections.Concurrent;
using Actions.Server.Tests.Servers;
using Actions.Testing.Fuzz;
using Actions.V1;
using Grpc.Core;
using Kind = Actions.V1.ExecutionEvent.EventOneofCase;

namespace Actions.Server.Tests.Conversations;

/// <summary>
/// Voice engines that place orders, each in a call of its own, through any of the servers, and again until they have a
/// Result. They note what must not happen.
/// </summary>
internal sealed class PlacedOrders(IReadOnlyList<Member> servers, OrderApi api, string actionId, int seed)
{
    private const int Engines = 24;

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<int, int> _troubles = new();
    private readonly ConcurrentDictionary<int, int> _sentBefore = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private int _last;
    private int _unconfirmed;

    /// <summary>What should not have happened.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    public int Count => _last;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public string Summary
    {
        get
        {
            var keys = api.Keys;
            return $"{_last} orders on {servers.Count} servers, {servers.Sum(server => server.Downs)} kills: "
                + $"{_troubles.Values.Sum()} streams left, broken or failed, "
                + $"{_unconfirmed} results not seen in the store within 2 s; "
                + $"{keys.Count(order => order.Count() > 1)} orders sent again with the same key, "
                + $"{keys.Count(order => order.Distinct().Count() > 1)} with another one";
        }
    }

    /// <summary>Places orders until it is enough.</summary>
    public Task PlaceAsync(Func<int, bool> isEnough) => Task.WhenAll(Enumerable.Range(0, Engines).Select(async engine =>
    {
        var random = new SeededNumbers((seed * Engines) + engine);
        while (!isEnough(_last) && _failures.IsEmpty)
        {
            var order = Interlocked.Increment(ref _last);
            // Some models ask twice at once, and some callers interrupt.
            var twice = order % 5 == 0
                ? ExecuteUntilResultAsync(order, new SeededNumbers(order), interrupts: false) : null;
            var member = await ExecuteUntilResultAsync(order, random, interrupts: order % 7 == 0);
            if (twice is not null)
                await twice;
            if (await IsStoredAsync(order, member))
                _sentBefore[order] = api.Keys[order].Count();
            else
                Interlocked.Increment(ref _unconfirmed);
        }
    }));

    /// <summary>Whoever asks again gets the Result that is stored.</summary>
    public async Task RepeatAllAsync()
    {
        await Parallel.ForEachAsync(
            Enumerable.Range(1, _last),
            new ParallelOptions { MaxDegreeOfParallelism = Engines, CancellationToken = Token },
            async (order, _) =>
            {
                var last = await TryExecuteAsync(order, servers[order % servers.Count], interrupts: false);
                if (last?.Result is null)
                    _failures.Enqueue($"order {order}, asked for again: {last}");
                else if (_sentBefore.ContainsKey(order) && !last.Result.Replayed)
                    _failures.Enqueue($"order {order} was executed again though its Result was stored");
            });
    }

    /// <summary>Counts what the API has got.</summary>
    public void Judge()
    {
        var keys = api.Keys;
        foreach (var order in Enumerable.Range(1, _last))
        {
            var sent = keys[order].ToList();
            if (sent.Distinct().Count() != 1)
                _failures.Enqueue(
                    $"order {order} was sent with {sent.Distinct().Count()} keys: {string.Join(", ", sent)}");
            if (_sentBefore.TryGetValue(order, out var before) && sent.Count != before)
                _failures.Enqueue(
                    $"order {order} was sent {sent.Count} times, {before} times before its Result was stored");
            if (!_troubles.ContainsKey(order) && _sentBefore.ContainsKey(order) && sent.Count != 1)
                _failures.Enqueue($"order {order} was sent {sent.Count} times though nothing went wrong");
        }
    }

    /// <returns>The server that told the Result.</returns>
    private async Task<Member> ExecuteUntilResultAsync(int order, SeededNumbers random, bool interrupts)
    {
        while (true)
        {
            var up = servers.Where(server => !server.IsDown).ToList();
            var member = random.Pick(up);
            var last = await TryExecuteAsync(order, member, interrupts);
            if (last?.Result is { } result)
            {
                if (result.Body.ToStringUtf8() != $$"""{"placed": {{order}}}""")
                    _failures.Enqueue($"order {order} got the answer {result.Body.ToStringUtf8()}");
                return member;
            }

            interrupts = false;
            await Task.Delay(Pace, TimeProvider.System, Token);
        }
    }

    /// <returns>The last event. Null: the stream broke.</returns>
    private async Task<ExecutionEvent?> TryExecuteAsync(int order, Member member, bool interrupts)
    {
        var request = new ExecuteRequest { Id = actionId, CallId = $"call {order}" };
        request.Variables["order"] = Google.Protobuf.WellKnownTypes.Value.ForNumber(order);
        var events = new List<ExecutionEvent>();
        try
        {
            var deadline = (TimeProvider.System.GetUtcNow() + Deadline).UtcDateTime;
            using var call = new V1.ActionService.ActionServiceClient(member.Process.Channel)
                .Execute(request, deadline: deadline, cancellationToken: Token);
            while (await call.ResponseStream.MoveNext(Token))
            {
                events.Add(call.ResponseStream.Current.Event);
                if (interrupts)
                {
                    // Nobody hears whether its server dies then.
                    NoteTrouble(order);
                    return null;
                }
            }

            Check(order, events, isComplete: true);
            // On a machine that is busy, the API's answer may come too late.
            if (events[^1].Failure is not null)
                NoteTrouble(order);
            return events[^1];
        }
        catch (Exception e) when (e is RpcException or ObjectDisposedException && !Token.IsCancellationRequested)
        {
            Check(order, events, isComplete: false);
            NoteTrouble(order);
            if (e is RpcException { StatusCode: StatusCode.DeadlineExceeded })
                _failures.Enqueue($"order {order} hung");
            return null;
        }
    }

    private void NoteTrouble(int order) => _troubles.AddOrUpdate(order, 1, (_, count) => count + 1);

    private void Check(int order, List<ExecutionEvent> events, bool isComplete)
    {
        var isInOrder = events.Select((next, i) => next.Sequence == i + 1
            && next.EventCase is Kind.Start == (i == 0)).All(so => so);
        var outcomes = events.Select((next, i) => (i, isOutcome: next.EventCase is Kind.Result or Kind.Failure))
            .Where(next => next.isOutcome).Select(next => next.i).ToList();
        if (!isInOrder || outcomes.Any(i => i != events.Count - 1) || (isComplete && outcomes.Count != 1))
        {
            var told = events.Select(next => $"{next.Sequence} {next.EventCase}");
            _failures.Enqueue($"order {order} was told {string.Join(", ", told)}");
        }
    }

    /// <summary>Waits for a while.</summary>
    private async Task<bool> IsStoredAsync(int order, Member told)
    {
        for (var i = 0; i < 100; i++)
        {
            if (await IsKnownElsewhereAsync(order, told))
                return true;
            await Task.Delay(Pace, TimeProvider.System, Token);
        }

        return false;
    }

    /// <summary>Asks another server than the one that told the Result: that one has it in memory.</summary>
    private async Task<bool> IsKnownElsewhereAsync(int order, Member told)
    {
        if (servers.FirstOrDefault(server => server != told && !server.IsDown) is not { } other)
            return false;
        try
        {
            var call = await new V1.ActionService.ActionServiceClient(other.Process.Channel)
                .GetCallAsync(new() { CallId = $"call {order}" }, cancellationToken: Token);
            return call.Executions.Any(execution => execution.State == ExecutionState.Succeeded);
        }
        catch (Exception e) when (e is RpcException or ObjectDisposedException && !Token.IsCancellationRequested)
        {
            return false;
        }
    }
}
