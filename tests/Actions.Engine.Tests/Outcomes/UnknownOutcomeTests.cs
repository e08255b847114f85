using System.Net;
using System.Net.Sockets;
using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Engine.Outbound.Guard;
using Actions.Engine.Tests.Outbound.Authentication;
using Actions.Engine.Tests.Outbound.Guard;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Outcomes;

/// <summary>Whether a failure leaves open what the API has done, by how far each attempt came.</summary>
public sealed class UnknownOutcomeTests : IDisposable
{
    private const string Half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";

    private readonly FakeClock _clock = new();
    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task NobodyListens_NothingWasDone()
    {
        (await EndAsync(Post($"http://127.0.0.1:{FreePort()}/"))).ShouldBe((FailureReason.Connection, false));
    }

    [Fact]
    public async Task NameWithoutAddress_NothingWasDone() =>
        (await EndAsync(Post("http://nothere.invalid/"))).ShouldBe((FailureReason.NameResolution, false));

    [Fact]
    public async Task CertificateNotTrusted_NothingWasDone()
    {
        using var certificate = RawUpstream.SelfSignedCertificate();
        await using var api = new RawUpstream(connection => connection.ReadRequestAsync(), certificate);

        (await EndAsync(Post(api.Url))).ShouldBe((FailureReason.Tls, false));
    }

    [Fact]
    public async Task AddressBlocked_NothingWasDone()
    {
        var network = new FakeNetwork(_ => FakeNetwork.Addresses("10.0.0.7"));
        using var engine = new EngineUnderTest(guard: network.Guard(new OutboundOptions { AllowHttp = true }));

        (await EndAsync(Post("http://shop.example:8080/"), engine)).ShouldBe((FailureReason.BlockedAddress, false));
    }

    [Theory]
    [InlineData("", FailureReason.Connection, true)]
    [InlineData("HTTP/1.1 two hundred\r\n\r\n", FailureReason.InvalidResponse, true)]
    [InlineData(Half, FailureReason.Connection, true)]
    [InlineData(
        "HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 1\r\n\r\n{", FailureReason.InvalidResponse, true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", FailureReason.MissingResult, true)]
    [InlineData("HTTP/1.1 202 OK\r\nContent-Length: 2\r\n\r\n{}", FailureReason.OutcomeRule, false)]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n", FailureReason.HttpStatus, false)]
    [InlineData("HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n", FailureReason.HttpStatus, false)]
    [InlineData("HTTP/1.1 404 No\r\nContent-Length: 100\r\n\r\nhalf", FailureReason.HttpStatus, false)]
    [InlineData("HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n", FailureReason.HttpStatus, false)]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", FailureReason.HttpStatus, true)]
    [InlineData("HTTP/1.1 501 No\r\nContent-Length: 0\r\n\r\n", FailureReason.HttpStatus, false)]
    [InlineData("HTTP/1.1 502 Oops\r\nContent-Length: 0\r\n\r\n", FailureReason.HttpStatus, true)]
    [InlineData("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", FailureReason.HttpStatus, false)]
    [InlineData("HTTP/1.1 504 Oops\r\nContent-Length: 0\r\n\r\n", FailureReason.HttpStatus, true)]
    public async Task Answer_SaysWhetherItIsKnown(string answer, FailureReason reason, bool isUnknown)
    {
        await using var api = RawUpstream.AnsweringOnce(answer);
        var config = Post(api.Url).Selecting("order", "$.order", required: true);
        if (reason == FailureReason.OutcomeRule)
            config.ResponsePolicy = new ResponsePolicy
            {
                Rules = { new OutcomeRule { Status = "202", Outcome = Outcome.Failure } },
            };

        (await EndAsync(config)).ShouldBe((reason, isUnknown));
    }

    [Fact]
    public async Task AnswerWasAwaitedUntilTheTimeout_Unknown()
    {
        using var engine = new EngineUnderTest(_clock);
        await using var api = Silent();
        var journal = new ExecutionJournal();
        var running = EndAsync(Post(api.Url), engine, journal);
        await api.NextRequestAsync(engine.Token);
        journal.MayHaveReached.ShouldBeTrue();

        _clock.Advance(TimeSpan.FromSeconds(3));

        (await running).ShouldBe((FailureReason.Timeout, true));
        journal.MayHaveReached.ShouldBeTrue();
    }

    [Fact]
    public async Task FirstAttemptUnknownAndSecondRefused_StaysUnknown()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var running = EndAsync(Retrying($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/", attempts: 2));
        using (var connection = await listener.AcceptSocketAsync(_engine.Token))
        {
            (await connection.ReceiveAsync(new byte[1], _engine.Token)).ShouldBe(1);
            listener.Stop();
        }

        (await running).ShouldBe((FailureReason.Connection, true));
    }

    [Theory]
    [InlineData("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", false)]
    public async Task FirstAttemptUnknown_OnlyASuccessSettlesIt(string then, bool isUnknown)
    {
        await using var api = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            if (connection.Number > 1)
                await connection.SendAsync(then);
        });
        var journal = new ExecutionJournal();

        var (_, told) = await EndAsync(Retrying(api.Url, attempts: 2), journal: journal);

        (told, journal.MayHaveReached, api.Requests.Count).ShouldBe((isUnknown, isUnknown, 2));
    }

    [Fact]
    public async Task AbortedWhileWaitingForTheNextAttempt_NothingWasDone()
    {
        using var engine = new EngineUnderTest(_clock);
        await using var api = RawUpstream.Answering("HTTP/1.1 503 No\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n");
        var journal = new ExecutionJournal();
        using var stop = new CancellationTokenSource();
        var running = EndAsync(Retrying(api.Url, attempts: 2), engine, journal, stop.Token);
        await api.NextRequestAsync(engine.Token);
        await UntilAsync(() => _clock.NextDue == TimeSpan.FromSeconds(2));

        journal.MayHaveReached.ShouldBeFalse();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
        journal.MayHaveReached.ShouldBeFalse();
    }

    [Theory]
    [InlineData(303, true)]
    [InlineData(302, true)]
    [InlineData(307, false)]
    public async Task RedirectedToWhereNobodyListens_KnownIfTheRequestWasToBeRepeatedThere(int status, bool isUnknown)
    {
        await using var api = RawUpstream.Answering(
            $"HTTP/1.1 {status} Moved\r\nLocation: http://127.0.0.1:{FreePort()}/\r\nContent-Length: 0\r\n\r\n");
        var config = Post(api.Url);
        config.ResponsePolicy = new ResponsePolicy { MaxRedirects = 1 };

        (await EndAsync(config)).ShouldBe((FailureReason.Connection, isUnknown));
    }

    [Fact]
    public async Task ApiRefusesTheTokenAndThereIsNoOther_NothingWasDone()
    {
        await using var scene = new TokenScene(
            fetch: (n, _) => n == 1 ? TokenScene.Token("t1") : TokenScene.Status(500),
            call: (_, _) => TokenScene.Status(401));

        (await EndAsync(scene.Config)).ShouldBe((FailureReason.Authentication, false));
        scene.Api.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task NoTurnAtTheHost_NothingWasDone()
    {
        using var engine = new EngineUnderTest(options: new EngineOptions { MaxCallsPerHost = 1, MaxLineLength = 0 });
        await using var api = Silent();
        using var stop = new CancellationTokenSource();
        var journal = new ExecutionJournal();
        var running = EndAsync(Post(api.Url), engine, journal, stop.Token);
        await api.NextRequestAsync(engine.Token);

        (await EndAsync(Post(api.Url), engine)).ShouldBe((FailureReason.Overloaded, false));

        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
        // Aborted while the answer was awaited.
        journal.MayHaveReached.ShouldBeTrue();
    }

    [Fact]
    public async Task AnsweredButAbortedBeforeTheResultIsTold_Unknown()
    {
        using var engine = new EngineUnderTest(_clock);
        var mayAnswer = new TaskCompletionSource();
        await using var api = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            await mayAnswer.Task;
            await connection.SendAsync(RawUpstream.Response("{}"));
            await connection.HoldAsync();
        });
        var config = Post(api.Url);
        config.Messages = new Messages
        {
            DelayMessage = "Moment.", DelayThreshold = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)),
        };
        var journal = new ExecutionJournal();
        using var stop = new CancellationTokenSource();
        await using var stream = Stream(engine, config, journal, stop.Token).GetAsyncEnumerator(CancellationToken.None);
        await stream.MoveNextAsync();
        var delay = stream.MoveNextAsync();
        await api.NextRequestAsync(engine.Token);
        _clock.Advance(TimeSpan.FromSeconds(1));
        (await delay).ShouldBeTrue();
        stream.Current.Delay.ShouldNotBeNull();

        mayAnswer.SetResult();
        await UntilAsync(() => _clock.Armed == 0);
        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(async () => await stream.MoveNextAsync());
        journal.MayHaveReached.ShouldBeTrue();
    }

    [Fact]
    public async Task AbortedInTheHandshake_NothingWasDone()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var journal = new ExecutionJournal();
        var config = Post($"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        var running = EndAsync(config, journal: journal, cancellationToken: stop.Token);
        using var connection = await listener.AcceptSocketAsync(_engine.Token);
        (await connection.ReceiveAsync(new byte[1], _engine.Token)).ShouldBe(1);

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(running);
        journal.MayHaveReached.ShouldBeFalse();
    }

    private static RawUpstream Silent() => new(async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.HoldAsync();
    });

    private static ActionConfig Post(string url)
    {
        var config = Configs.With(HttpMethod.Post, url);
        config.Request.JsonBody = "{}";
        config.Request.Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(3));
        return config;
    }

    private static ActionConfig Retrying(string url, int attempts)
    {
        var config = Post(url);
        config.RetryPolicy = new RetryPolicy { MaxAttempts = attempts, RetryNonIdempotent = true };
        return config;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<(FailureReason? Reason, bool Unknown)> EndAsync(
        ActionConfig config, EngineUnderTest? engine = null, ExecutionJournal? journal = null,
        CancellationToken? cancellationToken = null)
    {
        engine ??= _engine;
        var last = await Stream(engine, config, journal, cancellationToken ?? engine.Token)
            .LastAsync(CancellationToken.None);
        return (last.Failure?.Reason, last.Failure?.OutcomeUnknown == true);
    }

    private static IAsyncEnumerable<ExecutionEvent> Stream(
        EngineUnderTest engine, ActionConfig config, ExecutionJournal? journal, CancellationToken cancellationToken) =>
        engine.Engine.ExecuteAsync(
            engine.Compile(config),
            new ExecutionInput("tests", new Dictionary<string, Value>()) { Journal = journal },
            cancellationToken);

    private async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, _engine.Token);
    }
}
