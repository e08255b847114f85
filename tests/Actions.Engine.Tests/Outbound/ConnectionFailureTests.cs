using System.Net;
using System.Net.Sockets;
using Actions.V1;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Outbound;

/// <summary>No answer, or half of one: each provoked on a real socket.</summary>
public sealed class ConnectionFailureTests : IDisposable
{
    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task HostWithoutAddress_NameResolution()
    {
        var failure = await _engine.FailureAsync(Configs.Get("http://nothere.invalid/"));

        failure.Reason.ShouldBe(FailureReason.NameResolution);
        failure.Detail.ShouldBe("The host's name has no address.");
        failure.ShouldBeWithoutAnswer(retryable: true);
    }

    [Fact]
    public async Task NobodyListens_Connection()
    {
        var failure = await _engine.FailureAsync(Configs.Get($"http://127.0.0.1:{UnusedPort()}/"));

        failure.Reason.ShouldBe(FailureReason.Connection);
        failure.Detail.ShouldBe("No connection: refused or unreachable.");
        failure.ShouldBeWithoutAnswer(retryable: true);
    }

    [Fact]
    public async Task ResetBeforeHeaders_Connection()
    {
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            connection.Reset();
        });

        var failure = await _engine.FailureAsync(Configs.Get(upstream.Url));

        failure.Reason.ShouldBe(FailureReason.Connection);
        failure.ShouldBeWithoutAnswer(retryable: true);
        upstream.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(HttpMethod.Get)]
    [InlineData(HttpMethod.Post)]
    [InlineData(HttpMethod.Put)]
    [InlineData(HttpMethod.Patch)]
    [InlineData(HttpMethod.Delete)]
    public async Task ClosedWithoutAnAnswer_ConnectionAfterOneAttempt(HttpMethod method)
    {
        await using var upstream = new RawUpstream(connection => connection.ReadRequestAsync());

        var failure = await _engine.FailureAsync(Configs.With(method, upstream.Url));

        failure.Reason.ShouldBe(FailureReason.Connection);
        failure.ShouldBeWithoutAnswer(retryable: true);
        upstream.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(HttpMethod.Get, false, true)]
    [InlineData(HttpMethod.Post, false, false)]
    [InlineData(HttpMethod.Put, false, false)]
    [InlineData(HttpMethod.Patch, false, false)]
    [InlineData(HttpMethod.Delete, false, false)]
    [InlineData(HttpMethod.Get, true, true)]
    [InlineData(HttpMethod.Post, true, false)]
    [InlineData(HttpMethod.Delete, true, false)]
    public async Task KeptConnectionClosedUnderTheRequest_OnlyGetIsSentAgainAndCounted(
        HttpMethod method, bool isReset, bool sentAgain)
    {
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(RawUpstream.Response("{}"));
            // The first connection takes the second request and closes, as a server does whose keep-alive has run out.
            await connection.ReadRequestAsync();
            if (connection.Number > 1)
                await connection.SendAsync(RawUpstream.Response("{}"));
            else if (isReset)
                connection.Reset();
        });
        var config = Configs.With(method, upstream.Url);
        await _engine.ResultAsync(config);

        var outcome = await _engine.OutcomeAsync(config);

        (outcome.Result?.Attempts, outcome.Failure?.Attempts).ShouldBe(sentAgain ? (2, null) : ((int?)null, 1));
        upstream.Requests.Count.ShouldBe(sentAgain ? 3 : 2);
    }

    [Fact]
    public async Task ResetInTheBody_Connection()
    {
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
            connection.Reset();
        });

        var failure = await _engine.FailureAsync(Configs.Get(upstream.Url));

        failure.Reason.ShouldBe(FailureReason.Connection);
        // A reset may overtake what was sent before it.
        failure.StatusCode.ShouldBeOneOf(200, 0);
        failure.Retryable.ShouldBeTrue();
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")]
    public async Task ClosedBeforeTheBodysEnd_Connection(string response)
    {
        await using var upstream = RawUpstream.AnsweringOnce(response);

        var failure = await _engine.FailureAsync(Configs.Get(upstream.Url));

        failure.Reason.ShouldBe(FailureReason.Connection);
        failure.Detail.ShouldBe("The connection was closed before the response was complete.");
        (failure.StatusCode, failure.Attempts, failure.Retryable).ShouldBe((200, 1, true));
    }

    [Fact]
    public async Task ClosedInTheHeaders_Connection()
    {
        await using var upstream = RawUpstream.AnsweringOnce("HTTP/1.1 200 OK\r\nContent-Le");

        var failure = await _engine.FailureAsync(Configs.Get(upstream.Url));

        failure.Reason.ShouldBe(FailureReason.Connection);
        failure.ShouldBeWithoutAnswer(retryable: true);
    }

    [Fact]
    public async Task SelfSignedCertificate_Tls()
    {
        using var certificate = RawUpstream.SelfSignedCertificate();
        await using var upstream = new RawUpstream(connection => connection.ReadRequestAsync(), certificate);

        var failure = await _engine.FailureAsync(Configs.Get(upstream.Url));

        failure.Reason.ShouldBe(FailureReason.Tls);
        failure.ShouldBeWithoutAnswer(retryable: false);
        upstream.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task PlainHttpOnTheHttpsPort_Tls()
    {
        await using var upstream = new RawUpstream(
            connection => connection.SendAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));

        var failure = await _engine.FailureAsync(Configs.Get($"https://127.0.0.1:{upstream.Port}/"));

        failure.Reason.ShouldBe(FailureReason.Tls);
        failure.ShouldBeWithoutAnswer(retryable: false);
    }

    /// <summary>A port that was free a moment ago; nobody else takes it that soon.</summary>
    private static int UnusedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
