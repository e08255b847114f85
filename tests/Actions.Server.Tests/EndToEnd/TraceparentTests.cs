using Actions.Server.Tests.Secrets;
using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.EndToEnd;

/// <summary>The traceparent of the client's call goes to the hosts that the operator names, and to no other.</summary>
public sealed class TraceparentTests
{
    private const string Sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Outbound:TraceparentHosts:0", "127.0.0.1")]
    [InlineData("Outbound:TraceparentHosts", "*.example.com, 127.0.0.1")]
    public async Task NamedHost_GetsItAsShownAndTheTokenEndpointDoesNot(string key, string value)
    {
        await using var server = await RunningServer.StartAsync(new() { [key] = value });
        await using var upstream = Credential.Upstream();
        var action = AnAction.Calling($"{upstream.Url}/orders");
        action.Authentication = Credential.OAuth(upstream.Url, Credential.Secret);
        var id = (await server.CreateAsync(action)).Id;

        var dry = (await ExecuteAsync(server, new() { Id = id, DryRun = true }))[^1].Result.RenderedRequest;
        var shown = (await server.Configs.InitializeAsync(new() { Id = id }, Trace(Sent),
            cancellationToken: Token)).Request;
        await ExecuteAsync(server, new() { Id = id });

        foreach (var rendered in (RenderedRequest[])[dry, shown])
        {
            rendered.Headers.ShouldContain(new Header { Name = "traceparent", Value = Sent });
            rendered.Curl.ShouldContain($"--header 'traceparent: {Sent}'");
        }

        var calls = upstream.Requests.ToLookup(request => request.Path);
        calls["/orders"].Select(request => request.Header("traceparent")).ShouldBe([Sent, Sent]);
        calls["/token"].ShouldAllBe(request => request.Header("traceparent") == null);
        upstream.Requests.SelectMany(request => request.Headers).ShouldNotContain(header =>
            header.Key == "tracestate" || header.Key == "baggage");
    }

    [Theory]
    [InlineData("127.0.0.1", true, false)]
    [InlineData("localhost", false, true)]
    [InlineData("localhost,127.0.0.1", true, true)]
    [InlineData("*.localhost", false, false)]
    [InlineData("", false, false)]
    public async Task Redirect_GetsItOnlyIfItsHostIsNamedToo(string hosts, bool first, bool second)
    {
        await using var server = await RunningServer.StartAsync(new() { ["Outbound:TraceparentHosts"] = hosts });
        await using var elsewhere = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var upstream = RawUpstream.Answering(
            $"HTTP/1.1 307 Go\r\nLocation: http://localhost:{elsewhere.Port}/there\r\nContent-Length: 0\r\n\r\n");
        var action = AnAction.Calling($"{upstream.Url}/orders");
        action.ResponsePolicy = new() { MaxRedirects = 1 };
        var id = (await server.CreateAsync(action)).Id;

        (await ExecuteAsync(server, new() { Id = id }))[^1].Result.ShouldNotBeNull();

        upstream.Requests.Single().Header("traceparent").ShouldBe(first ? Sent : null);
        elsewhere.Requests.Single().Header("traceparent").ShouldBe(second ? Sent : null);
    }

    [Fact]
    public async Task WrittenByHand_StaysAsWritten()
    {
        await using var server = await RunningServer.StartAsync(new() { ["Outbound:TraceparentHosts"] = "127.0.0.1" });
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = AnAction.Calling(upstream.Url);
        action.Request.Headers.Add(new Header { Name = "Traceparent", Value = "mine" });

        await ExecuteAsync(server, new() { Id = (await server.CreateAsync(action)).Id });

        upstream.Requests.Single().Header("traceparent").ShouldBe("mine");
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    [InlineData("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-caller.phone=555")]
    public async Task NoneThatIsValid_SendsNone(string traceparent)
    {
        await using var server = await RunningServer.StartAsync(new() { ["Outbound:TraceparentHosts"] = "127.0.0.1" });
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));

        await ExecuteAsync(server, new() { Id = (await server.CreateAsync(AnAction.Calling(upstream.Url))).Id },
            traceparent);

        upstream.Requests.Single().Header("traceparent").ShouldBeNull();
    }

    private static async Task<IReadOnlyList<ExecutionEvent>> ExecuteAsync(RunningServer server,
        ExecuteRequest request, string traceparent = Sent)
    {
        using var call = server.Actions.Execute(request, Trace(traceparent), cancellationToken: Token);
        return await call.ReadToEndAsync();
    }

    private static Metadata Trace(string traceparent) => new()
    {
        { "traceparent", traceparent },
        { "tracestate", "vendor=s3cret-state" },
        { "baggage", "caller.phone=s3cret-phone" },
    };
}
