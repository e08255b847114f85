using Actions.Server.Tests.Secrets;
using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.EndToEnd;

/// <summary>The trace context of the client's call stays here: it may hold what the client knows of the
/// caller.</summary>
public sealed class TraceContextTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private static readonly string[] Known = ["Accept", "Accept-Encoding", "Authorization", "Content-Length", "Content-Type", "Host", "User-Agent"];

    private readonly RunningServer _server = fixture.Server;

    [Fact]
    public async Task TraceAndBaggageOfTheCall_GoToNoApiTokenEndpointOrRedirectTarget()
    {
        await using var elsewhere = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var upstream = RawUpstream.Answering(request => request.Path == "/token"
            ? RawUpstream.Response("""{"access_token": "t0ken", "token_type": "bearer"}""")
            : $"HTTP/1.1 307 Temporary Redirect\r\nLocation: {elsewhere.Url}/there\r\nContent-Length: 0\r\n\r\n");
        var action = AnAction.Calling($"{upstream.Url}/orders");
        action.Authentication = Credential.OAuth(upstream.Url, Credential.Secret);
        action.ResponsePolicy = new() { MaxRedirects = 1 };
        var stored = await _server.CreateAsync(action);
        var trace = new Metadata
        {
            { "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
            { "tracestate", "vendor=s3cret-state" },
            { "baggage", "caller.phone=s3cret-phone" },
        };

        using (var call = _server.Actions.Execute(new() { Id = stored.Id }, trace, cancellationToken: TestContext.Current.CancellationToken))
            (await call.ReadToEndAsync())[^1].Result.ShouldNotBeNull();
        await _server.Configs.InitializeAsync(
            new() { Id = stored.Id }, trace, cancellationToken: TestContext.Current.CancellationToken);

        RawRequest[] sent = [.. upstream.Requests, .. elsewhere.Requests];
        sent.Length.ShouldBeGreaterThanOrEqualTo(5);
        sent.SelectMany(request => request.Headers).ShouldAllBe(header => Known.Contains(header.Key));
    }
}
