using System.Net;

namespace Actions.Engine.Tests.Rehearsals;

/// <summary>In place of the network: an API that takes as long as the test says, on the test's clock.</summary>
internal sealed class TimedApi(FakeClock clock) : HttpMessageHandler
{
    public TimeSpan Takes { get; set; }

    public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await Task.Delay(Takes, clock, cancellationToken).ConfigureAwait(false);
        return new HttpResponseMessage(Status) { Content = new ByteArrayContent("{}"u8.ToArray()) };
    }
}
