using System.Net;
using System.Net.Http.Headers;

namespace Actions.Server.Tests.Errors;

/// <summary>Callers who send most of a message, and hang up.</summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class UnfinishedMessageSoakTests
{
    private const int Calls = 40;
    private const int Sent = 4_000_000;

    // Kestrel's pool lets go of a twentieth of what is idle every ten seconds: half of it in two or three minutes.
    // Waiting
    // for all of it would take that long; that it goes on is Kestrel's business.
    private const double Given = 0.1;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MemoryOfUnfinishedMessages_IsGivenBackBitByBit()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("ACTIONS_SOAK") is { Length: > 0 }, "It takes minutes: make soak has them.");
        await using var server = await RunningServer.StartAsync();
        await server.CreateAsync(AnAction.Any());
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var held = await HoldAsync(server.GrpcAddress);

        // The server has it all, waiting for the rest.
        held.ShouldBeGreaterThan(before + ((long)Calls * Sent / 2));
        var left = long.MaxValue;
        var began = TimeProvider.System.GetTimestamp();
        while (left > held * (1 - Given) && TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(90))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Token);
            left = GC.GetTotalMemory(forceFullCollection: true);
        }

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"before {before >> 20} MiB, held {held >> 20} MiB, {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s later {left >> 20} MiB");
        left.ShouldBeLessThanOrEqualTo((long)(held * (1 - Given)));
    }

    private static async Task<long> HoldAsync(Uri server)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, EnableMultipleHttp2Connections = true });
        using var hangUp = new CancellationTokenSource();
        var contents = Enumerable.Range(0, Calls).Select(_ => new Unfinished(hangUp.Token)).ToList();
        var calls = contents.Select(content => SendAsync(http, server, content, hangUp.Token)).ToList();
        await Task.WhenAll(contents.Select(content => content.Written)).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Token);
        var held = GC.GetTotalMemory(forceFullCollection: true);
        await hangUp.CancelAsync();
        foreach (var call in calls)
            await Should.ThrowAsync<Exception>(call);
        return held;
    }

    private static async Task SendAsync(HttpMessageInvoker http, Uri server, Unfinished content, CancellationToken hangUp)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, "actions.v1.ActionConfigService/CreateActionConfig"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        (await http.SendAsync(request, hangUp)).Dispose();
    }

    private sealed class Unfinished : HttpContent
    {
        private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationToken _hangUp;

        public Unfinished(CancellationToken hangUp)
        {
            _hangUp = hangUp;
            Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        }

        public Task Written => _written.Task;

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            try
            {
                await stream.WriteAsync(RawCall.Frame(new byte[Sent]).AsMemory(0, Sent - 1), _hangUp);
                await stream.FlushAsync(_hangUp);
                _written.SetResult();
            }
            catch (Exception e)
            {
                _written.TrySetException(e);
                throw;
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _hangUp);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
