using Actions.Engine.Executions;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Outbound;

/// <summary>Measured in real time, so it runs while nothing else does.</summary>
[CollectionDefinition(nameof(RealTime), DisableParallelization = true)]
public sealed class RealTime;

/// <summary>Whoever gives up doesn't leave a call behind: the API sees its socket close.</summary>
[Collection(nameof(RealTime))]
public sealed class CancellationTests(ITestOutputHelper output) : IDisposable
{
    private const int Calls = 15;

    // The requirement. A machine that is busy with others may miss it now and then, hence the median.
    private static readonly TimeSpan Promised = TimeSpan.FromMilliseconds(100);

    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData("before the headers", "http", "")]
    [InlineData("in the body", "http", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")]
    [InlineData("in the TLS handshake", "https", "")]
    public async Task Cancelled_TheApiSeesItsSocketCloseWithin100Ms(string when, string scheme, string answer)
    {
        var took = new List<TimeSpan>();
        for (var call = 0; call < Calls; call++)
        {
            await using var upstream = HoldingAfter(answer);
            using var cancelling = CancellationTokenSource.CreateLinkedTokenSource(_engine.Token);
            var config = Configs.Get($"{scheme}://127.0.0.1:{upstream.Port}/");
            var running = _engine.Execute(config, cancellationToken: cancelling.Token).ToListAsync(_engine.Token).AsTask();
            await (scheme == "https" ? upstream.ConnectedAsync(_engine.Token) : upstream.NextRequestAsync(_engine.Token));

            var cancelled = TimeProvider.System.GetTimestamp();
            await cancelling.CancelAsync();

            took.Add(TimeProvider.System.GetElapsedTime(cancelled, await upstream.ScriptEndedAsync(_engine.Token)));
            await Should.ThrowAsync<OperationCanceledException>(() => running);
        }

        var median = took.Order().ElementAt(Calls / 2);
        output.WriteLine($"Cancelled {when}: the socket closed after {median.TotalMilliseconds:0.0} ms (median of {Calls}), {took.Max().TotalMilliseconds:0.0} ms at most.");
        median.ShouldBeLessThanOrEqualTo(Promised);
    }

    [Fact]
    public async Task StreamLeftEarly_TheApiSeesItsSocketClose()
    {
        var clock = new FakeClock();
        using var engine = new EngineUnderTest(clock);
        await using var upstream = HoldingAfter("");
        var config = Configs.Get(upstream.Url);
        config.Messages = new Messages { DelayMessage = "One moment." };

        await using (var events = engine.Execute(config).GetAsyncEnumerator(engine.Token))
        {
            (await events.MoveNextAsync()).ShouldBeTrue();
            var delay = events.MoveNextAsync();
            await upstream.NextRequestAsync(engine.Token);
            clock.Advance(TimeSpan.FromSeconds(2));
            (await delay).ShouldBeTrue();
            events.Current.Delay.ShouldNotBeNull();
        }

        await upstream.ScriptEndedAsync(engine.Token);
    }

    [Fact]
    public async Task StreamLeftAfterStart_TheApiIsNeverConnectedTo()
    {
        var connections = 0;
        await using (var upstream = new RawUpstream(connection => Task.FromResult(connections++)))
        {
            await foreach (var told in _engine.Execute(Configs.Get(upstream.Url)))
                break;
        }

        connections.ShouldBe(0);
    }

    [Fact]
    public async Task InitializeCancelled_TheApiSeesItsSocketClose()
    {
        await using var upstream = HoldingAfter("");
        using var cancelling = CancellationTokenSource.CreateLinkedTokenSource(_engine.Token);
        var running = _engine.Engine.InitializeAsync(
            _engine.Compile(Configs.Get(upstream.Url)),
            new ExecutionInput("tests", new Dictionary<string, Value>(), "", BodyView.Unspecified),
            cancelling.Token);
        await upstream.NextRequestAsync(_engine.Token);

        await cancelling.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => running);
        await upstream.ScriptEndedAsync(_engine.Token);
    }

    private static RawUpstream HoldingAfter(string answer) => new(async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(answer);
        await connection.HoldAsync();
    });
}
