using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests;

public sealed class LogTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BodiesSecretsAndVariables_AreNeverLogged()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("""{"order": {"status": "s3cret-answer"}}"""));
        await using var refusing = RawUpstream.Answering(RawUpstream.Response("s3cret-error", "text/plain", "500 Internal Server Error"));
        await using var server = await RunningServer.StartAsync(new()
        {
            // Everything, the frameworks included.
            ["Logging:LogLevel:Default"] = "Trace",
            ["Logging:LogLevel:Microsoft.AspNetCore"] = "Trace",
            ["Logging:LogLevel:Grpc"] = "Trace",
        });
        var action = AnAction.Complete();
        action.Request.Url = $"{upstream.Url}/{{order_id}}";
        action.Request.Headers.Add(new Header { Name = "X-Key", Value = "s3cret-header" });
        action.Variables[1].DefaultValue = Value.ForString("123456789");
        var stored = await server.CreateAsync(action);
        var variables = new Dictionary<string, Value>
        {
            ["order_id"] = Value.ForString("s3cret-order"),
            ["tenant"] = Value.ForString("s3cret-tenant"),
        };

        (await server.ExecuteAsync(new() { Id = stored.Id, CallId = "call-1", Variables = { variables } }))[^1].Result.ShouldNotBeNull();
        await server.Configs.InitializeAsync(new() { Id = stored.Id, Variables = { variables } }, cancellationToken: Token);
        await server.UpdateAsync(
            new() { Id = stored.Id, Request = new() { Url = $"{refusing.Url}/{{order_id}}" } }, "request.url");
        (await server.ExecuteAsync(new() { Id = stored.Id, CallId = "call-2", Variables = { variables } }))[^1].Failure.ShouldNotBeNull();
        variables["language"] = Value.ForString("s3cret-language");
        variables["tenant"] = Value.ForString("s3cret\r\ntenant");
        await Refusal.OfAsync(server.Actions.Execute(new() { Id = stored.Id, Variables = { variables } }, cancellationToken: Token));

        server.Log.ShouldContain(line => line.Contains("call-1"));
        server.Log.ShouldContain(line => line.Contains("call-2"));
        server.Log.ShouldNotContain(line => line.Contains("s3cret") || line.Contains("123456789"));
    }

    [Fact]
    public async Task RefusedCall_IsLoggedShortHoweverLongItsTextsAre()
    {
        await using var server = await RunningServer.StartAsync();

        await Refusal.OfAsync(server.Actions.Execute(new() { Name = new string('x', 100_000) }, cancellationToken: Token));

        server.Log.ShouldContain(line => line.Contains("xxx"));
        server.Log.ShouldAllBe(line => line.Length < 1_000);
    }
}
