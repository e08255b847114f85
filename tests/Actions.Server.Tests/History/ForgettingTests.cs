namespace Actions.Server.Tests.History;

public sealed class ForgettingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EndedCall_IsForgottenAlsoWhatIsStillQueued()
    {
        // After its first batch the writer waits for a clock that stands still.
        var clock = new FakeClock();
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var server = await RunningServer.StartAsync(time: clock);
        var records = new Records(server, clock);
        var stored = await server.CreateAsync(AnAction.Calling(upstream.Url));
        await ExecuteAsync("written");
        await records.ListAsync(1);
        foreach (var call in (string[])["forgotten", "other", ""])
            await ExecuteAsync(call);

        await server.Actions.EndCallAsync(new() { CallId = "written" }, cancellationToken: Token);
        await server.Actions.EndCallAsync(new() { CallId = "forgotten" }, cancellationToken: Token);

        // What is written is written in its order.
        (await records.ListAsync(2)).Select(record => record.CallId).ShouldBe(["other", ""], ignoreOrder: true);
        clock.Advance(TimeSpan.FromSeconds(1));
        await ExecuteAsync("forgotten");
        (await records.ListAsync(3))[0].CallId.ShouldBe("forgotten", "a call of the same name is another one");

        // A store that was given up when the clock was advanced is tried again after a while.
        async Task ExecuteAsync(string call)
        {
            var running = server.ExecuteAsync(new() { Id = stored.Id, CallId = call });
            await Eventually.TrueAsync(() =>
            {
                if (!running.IsCompleted)
                    clock.Advance(TimeSpan.FromMilliseconds(5));
                return Task.FromResult(running.IsCompleted);
            });
            await running;
        }
    }
}
