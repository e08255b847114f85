using System.Text;
using Actions.Server.Tests.Secrets;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Kind = Actions.V1.ExecutionEvent.EventOneofCase;

namespace Actions.Server.Tests.EndToEnd;

public sealed class DryRunTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    public static TheoryData<string> Names => Credential.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task DryRun_TellsWhatWouldBeSentAndSendsNothing(string name)
    {
        await using var upstream = Credential.Upstream();
        var action = AnAction.Complete();
        action.Request.Url = $"{upstream.Url}/orders/{{order_id}}";
        action.Authentication = Credential.All[name].Make(upstream.Url, Credential.Secret);
        action = await _server.CreateAsync(action);

        var events = await _server.ExecuteAsync(new()
        {
            Id = action.Id,
            DryRun = true,
            CallId = $"dry {action.Id}",
            Variables = { ["order_id"] = Value.ForString("pr1vate"), ["tenant"] = Value.ForString("acme") },
        });

        events.Select(told => told.EventCase).ShouldBe([Kind.Start, Kind.Result]);
        events[0].Start.Message.ShouldBe("Let me look up pr1vate.");
        var result = events[1].Result;
        var rendered = result.RenderedRequest.ShouldNotBeNull();
        result.ShouldBe(new() { RenderedRequest = rendered });
        rendered.Method.ShouldBe(V1.HttpMethod.Post);
        rendered.Url.ShouldStartWith($"{upstream.Url}/orders/MASKED?lang=de");
        rendered.Headers.ShouldContain(new Header { Name = "X-Tenant", Value = "acme" });
        rendered.Body.ShouldBe("""{"id":"MASKED","count":1}""");
        rendered.Curl.ShouldStartWith($"curl --request POST '{upstream.Url}/orders/MASKED?lang=de");
        $"{rendered.Url} {rendered.Headers}".Replace("/orders/MASKED", "").ShouldContain("MASKED");
        Credential.ShouldHideIt(result.ToByteArray());
        Encoding.UTF8.GetString(result.ToByteArray()).ShouldNotContain("pr1vate");

        upstream.Requests.ShouldBeEmpty();
        _server.Log.ShouldContain(line => line.Contains($"'dry {action.Id}': dry run"));
    }
}
