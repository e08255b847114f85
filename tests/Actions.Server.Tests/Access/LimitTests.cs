using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.Access;

public sealed class LimitTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TooManyCallsPerSecond_AreRefusedWithTheTimeToWaitAndOtherWorkspacesAreNot()
    {
        await using var server = await KeyedServer.StartAsync(new() { ["Limits:CallsPerSecond"] = "1", ["Limits:Burst"] = "5" });
        var (greedy, modest) = (await server.MakeAsync(Role.Editor, "greedy"), await server.MakeAsync(Role.Editor, "modest"));
        for (var i = 0; i < 5; i++)
            await greedy.Configs.ListActionConfigsAsync(new(), cancellationToken: Token);

        // One is given back each second: however slow this machine is, not all of these come in time.
        var refused = new List<Refusal>();
        for (var i = 0; i < 20; i++)
        {
            try
            {
                await greedy.Configs.ListActionConfigsAsync(new(), cancellationToken: Token);
            }
            catch (RpcException e)
            {
                refused.Add(await Refusal.OfAsync(Task.FromException(e)));
            }
        }

        refused.ShouldNotBeEmpty();
        foreach (var refusal in refused)
        {
            refusal.ShouldBe(StatusCode.ResourceExhausted, "ERROR_REASON_LIMIT_REACHED", ("limit", "1 call per second"));
            refusal.RetryDelay!.Value.ShouldBeInRange(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1));
        }

        await modest.Configs.ListActionConfigsAsync(new(), cancellationToken: Token);
    }

    [Fact]
    public async Task RefusedTogether_AreToldToComeBackOneAfterTheOther()
    {
        await using var server = await KeyedServer.StartAsync(
            new() { ["Limits:CallsPerSecond"] = "20", ["Limits:Burst"] = "1" });
        var greedy = await server.MakeAsync(Role.Editor, "greedy");

        var all = Enumerable.Range(0, 100)
            .Select(_ => greedy.Configs.ListActionConfigsAsync(new(), cancellationToken: Token).ResponseAsync).ToList();

        var delays = new List<TimeSpan>();
        foreach (var call in all)
        {
            try
            {
                await call;
            }
            catch (RpcException e)
            {
                delays.Add((await Refusal.OfAsync(Task.FromException(e))).RetryDelay!.Value);
            }
        }

        // Within a second the bucket is filled for 20.
        delays.Max().ShouldBeInRange(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1));
        delays.Distinct().Count().ShouldBeGreaterThan(5);
    }

    [Fact]
    public async Task TooManyCallsAtOnce_AreRefusedUntilOneEnds()
    {
        await using var server = await KeyedServer.StartAsync(new() { ["Limits:ConcurrentCalls"] = "2" });
        await using var upstream = new RawUpstream(connection => connection.HoldAsync());
        var editor = await server.MakeAsync(Role.Editor);
        var action = await editor.CreateAsync(AnAction.Calling(upstream.Url));
        var first = editor.Actions.Execute(new() { Id = action.Id }, cancellationToken: Token);
        using var second = editor.Actions.Execute(new() { Id = action.Id }, cancellationToken: Token);
        (await first.NextAsync()).Start.ShouldNotBeNull();
        (await second.NextAsync()).Start.ShouldNotBeNull();

        var refusal = await Refusal.OfAsync(editor.Actions.Execute(new() { Id = action.Id }, cancellationToken: Token));

        refusal.ShouldBe(StatusCode.ResourceExhausted, "ERROR_REASON_LIMIT_REACHED", ("limit", "2 calls at once"));
        refusal.RetryDelay.ShouldBe(TimeSpan.FromMilliseconds(500));
        await (await server.MakeAsync(Role.Editor, "other")).Configs.ListActionConfigsAsync(new(), cancellationToken: Token);

        first.Dispose();
        // The place is free as soon as the server has seen the end.
        while (true)
        {
            try
            {
                await editor.Configs.ListActionConfigsAsync(new(), cancellationToken: Token);
                break;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
            {
                await Task.Yield();
            }
        }
    }
}
