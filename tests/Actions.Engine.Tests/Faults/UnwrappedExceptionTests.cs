using System.Net.Sockets;
using Actions.V1;

namespace Actions.Engine.Tests.Faults;

/// <summary>
/// What HttpClient lets through as it is, when two things happen at once: seen once in some 10,000 calls, so that no
/// socket can be told to do it. The network itself is replaced, at the framework's own edge.
/// </summary>
public sealed class UnwrappedExceptionTests
{
    [Fact]
    public async Task ResetBetweenConnectAndItsEnd_Connection()
    {
        using var handler = new Throwing(() => new SocketException((int)SocketError.NotConnected));
        using var engine = new EngineUnderTest(handler);

        var failure = await engine.FailureAsync(Configs.Get("http://127.0.0.1/"));

        failure.Reason.ShouldBe(FailureReason.Connection);
        (failure.StatusCode, failure.Attempts, failure.Retryable).ShouldBe((0, 1, true));
    }

    private sealed class Throwing(Func<Exception> exception) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromException<HttpResponseMessage>(exception());
    }
}
