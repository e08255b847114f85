using System.Collections.Concurrent;
using System.Globalization;
using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.Servers;

/// <summary>
/// A voice engine that executes actions on all servers, while somebody edits one of them, version by version, and makes
/// new
/// ones. It notes what must not happen.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    private const int EnginesPerServer = 3;
    private const int GoesOnFor = 40;

    // After so long every server has to execute what was acknowledged. Twice what is promised: the machine may be busy.
    private static readonly TimeSpan StaleAfter = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan WriteDeadline = TimeSpan.FromSeconds(2);

    private readonly IReadOnlyList<Member> _servers;
    private readonly string _upstream;
    private readonly CancellationTokenSource _stop;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly List<Task> _running = [];
    private readonly ConcurrentQueue<(int Version, long At)> _acknowledged = new();
    private readonly ConcurrentDictionary<string, string> _created = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private ActionConfig _edited = null!;
    private int _refusedWrites;
    private long _maxLag;

    private Load(IReadOnlyList<Member> servers, string upstream, CancellationToken cancellationToken)
    {
        (_servers, _upstream) = (servers, upstream);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

    /// <summary>What should not have happened.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    public string Summary =>
        $"executions: {string.Join(", ", _servers.Select(member => member.Executed))}; versions: {_acknowledged.Count}; "
        + $"created: {_created.Count}; writes refused or in doubt while a server was away: {_refusedWrites}; "
        + $"oldest version executed: {TimeSpan.FromTicks(_maxLag).TotalSeconds:0.00} s after its successor was acknowledged";

    public static async Task<Load> StartAsync(IReadOnlyList<Member> servers, string upstream, CancellationToken cancellationToken)
    {
        var load = new Load(servers, upstream, cancellationToken);
        var action = AnAction.Calling($"{upstream}/0");
        load._edited = (await Configs(servers[0]).CreateActionConfigAsync(new() { ActionConfig = action }, cancellationToken: cancellationToken)).ActionConfig;
        load._acknowledged.Enqueue((0, TimeProvider.System.GetTimestamp()));
        foreach (var member in servers)
            for (var i = 0; i < EnginesPerServer; i++)
                load._running.Add(load.RepeatAsync(() => load.ExecuteAsync(member)));
        load._running.Add(load.RepeatAsync(load.WriteAsync));
        return load;
    }

    /// <summary>Returns when each of these servers has executed on and on, and something was written.</summary>
    public async Task GoesOnAsync(IReadOnlyList<Member> members, TimeSpan atLeast = default)
    {
        var began = TimeProvider.System.GetTimestamp();
        var (before, written) = (members.Select(member => member.Executed).ToList(), _acknowledged.Count);
        await Eventually.TrueAsync(() => Task.FromResult(
            members.Zip(before).All(member => member.First.Executed >= member.Second + GoesOnFor)
            && _acknowledged.Count >= written + 3
            && TimeProvider.System.GetElapsedTime(began) >= atLeast));
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
    }

    /// <summary>Whichever server is asked.</summary>
    public async Task ShouldHaveLostNothingAsync(TimeSpan limit)
    {
        var token = TestContext.Current.CancellationToken;
        var last = $"/{_acknowledged.Last().Version}";
        foreach (var member in _servers)
        {
            await Parallel.ForEachAsync(_created, token, async (created, stop) =>
                (await Configs(member).GetActionConfigAsync(new() { Id = created.Key }, cancellationToken: stop)).ActionConfig.Name.ShouldBe(created.Value));
            var stored = (await Configs(member).GetActionConfigAsync(new() { Id = _edited.Id }, cancellationToken: token)).ActionConfig;
            // One more may have been written without an answer.
            VersionIn(new Uri(stored.Request.Url).AbsolutePath).ShouldBeGreaterThanOrEqualTo(VersionIn(last));
            var expected = new Uri(stored.Request.Url).AbsolutePath;
            await Eventually.TrueAsync(
                async () => await Outcome.OfAsync(Actions(member), new() { Id = _edited.Id }, token) == expected, limit);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        _writing.Dispose();
    }

    private static V1.ActionConfigService.ActionConfigServiceClient Configs(Member member) =>
        new(member.Process.Channel);

    private static V1.ActionService.ActionServiceClient Actions(Member member) => new(member.Process.Channel);

    private static int VersionIn(string path) => int.Parse(path.AsSpan(1), CultureInfo.InvariantCulture);

    private async Task RepeatAsync(Func<Task> act)
    {
        using var timer = new PeriodicTimer(Pace, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
                await act();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Enough.
        }
        catch (RpcException) when (_stop.IsCancellationRequested)
        {
            // Likewise.
        }
    }

    private async Task ExecuteAsync(Member member)
    {
        if (member.IsDown)
            return;
        var (downs, began) = (member.Downs, TimeProvider.System.GetTimestamp());
        var request = new ExecuteRequest { CallId = "load" };
        if (began % 2 == 0)
            request.Id = _edited.Id;
        else
            request.Name = _edited.Name;
        var outcome = await Outcome.OfAsync(Actions(member), request, _stop.Token, Deadline);
        if (_stop.IsCancellationRequested)
            return;
        if (outcome.StartsWith('/'))
        {
            member.Answered();
            Judge(member, VersionIn(outcome), began);
        }
        else if (member.Downs == downs && !member.IsDown)
        {
            _failures.Enqueue($"server {_servers.Index().First(server => server.Item == member).Index}: {outcome}");
        }
    }

    private void Judge(Member member, int executed, long began)
    {
        // The first version after it that was acknowledged: since then it is old.
        var successor = _acknowledged.FirstOrDefault(version => version.Version > executed);
        if (successor.Version == 0 || successor.At > began)
            return;
        // Who has just come back has the same time as everybody else.
        var known = Math.Max(successor.At, member.UpSince);
        var lag = TimeProvider.System.GetElapsedTime(known, began);
        InterlockedMax(lag.Ticks);
        if (lag > StaleAfter)
            _failures.Enqueue($"version {executed} was executed {lag.TotalSeconds:0.0} s after version {successor.Version} was acknowledged");
    }

    /// <summary>Acts when no write is on its way.</summary>
    public async Task BetweenWritesAsync(Action act)
    {
        await _writing.WaitAsync(_stop.Token);
        act();
        _writing.Release();
    }

    private async Task WriteAsync()
    {
        await _writing.WaitAsync(_stop.Token);
        try
        {
            await WriteOnceAsync();
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task WriteOnceAsync()
    {
        // On one server as long as that is there, so that the others have to find out.
        var up = _servers.Where(member => !member.IsDown).ToList();
        var next = _acknowledged.Last().Version + 1;
        var configs = Configs(up[0]);
        try
        {
            var deadline = (TimeProvider.System.GetUtcNow() + WriteDeadline).UtcDateTime;
            // With the etag: a write that is in doubt can't come true after the next one.
            var stored = (await configs.GetActionConfigAsync(new() { Id = _edited.Id }, deadline: deadline, cancellationToken: _stop.Token)).ActionConfig;
            next = Math.Max(next, VersionIn(new Uri(stored.Request.Url).AbsolutePath) + 1);
            var change = new ActionConfig { Id = _edited.Id, Etag = stored.Etag, Request = new() { Url = $"{_upstream}/{next}" } };
            await configs.UpdateActionConfigAsync(
                new() { ActionConfig = change, UpdateMask = new() { Paths = { "request.url" } } }, deadline: deadline, cancellationToken: _stop.Token);
            _acknowledged.Enqueue((next, TimeProvider.System.GetTimestamp()));
            var made = (await Configs(up[next % up.Count]).CreateActionConfigAsync(
                new() { ActionConfig = AnAction.Any() }, deadline: deadline, cancellationToken: _stop.Token)).ActionConfig;
            _created[made.Id] = made.Name;
        }
        catch (RpcException) when (!_stop.IsCancellationRequested)
        {
            Interlocked.Increment(ref _refusedWrites);
        }
    }

    private void InterlockedMax(long ticks)
    {
        for (var seen = Interlocked.Read(ref _maxLag); ticks > seen; seen = Interlocked.Read(ref _maxLag))
        {
            if (Interlocked.CompareExchange(ref _maxLag, ticks, seen) == seen)
                return;
        }
    }
}
