using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests.History;

public sealed class ContentTests
{
    private const string Body = """{"a": "answered"}""";

    [Theory]
    [InlineData("full", true, true)]
    [InlineData("full", false, false)]
    [InlineData("metadata", true, false)]
    public async Task Content_NeedsTheConsentOfAuthorAndOperator(string level, bool consent, bool isKept)
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response(Body));
        await using var server = await RunningServer.StartAsync(Records.At(level));
        var action = AnAction.Calling($"{upstream.Url}/{{order}}?q={{order}}");
        action.RecordContent = consent;
        action.Messages = new() { StartMessage = "Spoken {order}" };
        var stored = await server.CreateAsync(action);

        await server.ExecuteAsync(new() { Id = stored.Id, Variables = { ["order"] = Value.ForString("order-17") } });

        var record = await new Records(server).SingleAsync();
        record.Events.Select(told => told.Kind).ShouldBe([RecordedEventKind.Start, RecordedEventKind.Result]);
        record.Events[0].Text.ShouldBe(isKept ? "Spoken order-17" : "");
        record.Request.Url.ShouldStartWith($"{upstream.Url}/");
        record.Request.Url.Contains("order-17", StringComparison.Ordinal).ShouldBe(isKept);
        record.ResponseBody.ToStringUtf8().ShouldBe(isKept ? Body : "");
        var attempt = record.Attempts.ShouldHaveSingleItem();
        (attempt.Number, attempt.StatusCode, attempt.ResponseBytes).ShouldBe((1, 200, Body.Length));
        attempt.RemoteAddress.ShouldBe($"127.0.0.1:{upstream.Port}");
    }

    [Fact]
    public async Task SensitiveValues_AreMaskedInAllOfIt()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("""{"echo": "pin-98765"}"""));
        await using var server = await RunningServer.StartAsync(Records.At("full"));
        var action = AnAction.Calling($"{upstream.Url}/{{pin}}/{{code}}");
        action.RecordContent = true;
        action.Variables.Add(new Variable { Name = "pin", Sensitive = true });
        action.Variables.Add(new Variable { Name = "code", Sensitive = true });
        action.Messages = new() { StartMessage = "With {pin}.", DelayMessage = "Still {code}." };
        action.Messages.DelayThreshold = Duration.FromTimeSpan(TimeSpan.FromMinutes(1));
        var stored = await server.CreateAsync(action);

        await server.ExecuteAsync(new()
        {
            Id = stored.Id,
            Variables = { ["pin"] = Value.ForString("pin-98765"), ["code"] = Value.ForString("7%7") },
        });

        var record = await new Records(server).SingleAsync();
        record.Events[0].Text.ShouldBe("With MASKED.");
        record.ResponseBody.ToStringUtf8().ShouldBe("""{"echo": "MASKED"}""");
        record.ToString().ShouldNotContain("98765");
        record.Request.ToString().ShouldNotContain("7%");
    }

    [Fact]
    public async Task TextWithAShortSensitiveValue_IsMaskedAsAWhole()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var server = await RunningServer.StartAsync(Records.At("full"));
        var action = AnAction.Calling(upstream.Url);
        action.RecordContent = true;
        action.Variables.Add(new Variable { Name = "code", Sensitive = true });
        action.Messages = new() { StartMessage = "Your code is {code}." };
        var stored = await server.CreateAsync(action);

        await server.ExecuteAsync(new() { Id = stored.Id, Variables = { ["code"] = Value.ForString("123") } });

        (await new Records(server).SingleAsync()).Events[0].Text.ShouldBe("MASKED");
    }

    [Fact]
    public async Task Content_IsDeletedBeforeItsRecord()
    {
        var clock = new FakeClock();
        await using var upstream = RawUpstream.Answering(RawUpstream.Response(Body));
        await using var server = await RunningServer.StartAsync(
            new(Records.At("full"))
            {
                ["History:Retention"] = "2.00:00:00",
                ["History:ContentRetention"] = "1.00:00:00",
            },
            clock);
        var records = new Records(server, clock);
        var action = AnAction.Calling(upstream.Url);
        action.RecordContent = true;
        var stored = await server.CreateAsync(action);
        await server.ExecuteAsync(new() { Id = stored.Id });
        (await records.SingleAsync()).ResponseBody.IsEmpty.ShouldBeFalse();

        clock.Advance(TimeSpan.FromDays(1));

        await Eventually.TrueAsync(async () =>
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            return (await records.SingleAsync()).ResponseBody.IsEmpty;
        });
    }
}
