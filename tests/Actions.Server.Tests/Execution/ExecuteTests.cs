using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Kind = Actions.V1.ExecutionEvent.EventOneofCase;

namespace Actions.Server.Tests.Execution;

public sealed class ExecuteTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CompleteAction_SendsWhatItSaysAndTellsWhatCame()
    {
        await using var upstream = RawUpstream.Answering(
            RawUpstream.Response("""{"order": {"status": "on its way", "id": 12345678901234567890}, "items": []}"""));
        var action = AnAction.Complete();
        action.Request.Url = $"{upstream.Url}/orders/{{order_id}}?expand=items";
        action.Results.Add(new ResultField { Variable = "id", JsonPath = "$.order.id" });
        action.Results.Add(new ResultField { Variable = "optional", JsonPath = "$.nothing" });
        var stored = await _server.CreateAsync(action);

        var events = await _server.ExecuteAsync(new()
        {
            Id = stored.Id,
            CallId = "call-1",
            Variables =
            {
                ["order_id"] = Value.ForString("A/7 ü"),
                ["count"] = Value.ForNumber(3),
                ["tenant"] = Value.ForString("acme"),
                ["unused"] = Value.ForNull(),
            },
        });

        events.Select(told => told.EventCase).ShouldBe([Kind.Start, Kind.Result]);
        events[0].Start.ShouldBe(new() { Message = "Let me look up A/7 ü." });
        events[1].Result.ShouldBe(new()
        {
            StatusCode = 200,
            ContentType = "application/json",
            Attempts = 1,
            Variables =
            {
                ["status"] = Value.ForString("on its way"),
                ["first"] = Value.ForString("none"),
                ["id"] = Value.ForString("12345678901234567890"),
            },
        });
        var request = await upstream.NextRequestAsync(Token);
        (request.Method, request.Target).ShouldBe(("POST", "/orders/A%2F7%20%C3%BC?expand=items&lang=de"));
        request.Header("X-Tenant").ShouldBe("acme");
        Guid.TryParse(request.Header("Idempotency-Key"), out _).ShouldBeTrue("The call executes it once.");
        request.Text.ShouldBe("""{"id":"A/7 ü","count":3}""");
    }

    [Fact]
    public async Task NameInAnotherCase_FindsTheAction()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = AnAction.Calling(upstream.Url);
        action.Name = $"Prüfe {action.Name}";
        await _server.CreateAsync(action);

        // Cached the second time.
        for (var i = 0; i < 2; i++)
            (await _server.ExecuteAsync(new() { Name = action.Name.ToUpperInvariant() }))[^1].Result.StatusCode.ShouldBe(200);
    }

    [Fact]
    public async Task EachExecution_HasAnIdOfItsOwn()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await _server.CreateAsync(AnAction.Calling(upstream.Url));
        var ids = new HashSet<string>();

        for (var i = 0; i < 3; i++)
        {
            using var call = _server.Actions.Execute(new() { Id = action.Id }, cancellationToken: Token);
            await call.NextAsync();
            ids.Add(call.ResponseStream.Current.ExecutionId);
            await call.ReadToEndAsync();
        }

        ids.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData(BodyView.Unspecified, false, true)]
    [InlineData(BodyView.Unspecified, true, false)]
    [InlineData(BodyView.None, false, false)]
    [InlineData(BodyView.None, true, false)]
    [InlineData(BodyView.Full, false, true)]
    [InlineData(BodyView.Full, true, true)]
    public async Task BodyView_DecidesWhetherTheBodyComes(BodyView view, bool selectsFields, bool comes)
    {
        const string body = """ {"a": "ü"} """;
        await using var upstream = RawUpstream.Answering(RawUpstream.Response(body));
        var action = AnAction.Calling(upstream.Url);
        if (selectsFields)
            action.Results.Add(new ResultField { Variable = "a", JsonPath = "$.a" });
        var stored = await _server.CreateAsync(action);

        var result = (await _server.ExecuteAsync(new() { Id = stored.Id, BodyView = view }))[^1].Result;

        result.Body.ShouldBe(comes ? ByteString.CopyFromUtf8(body) : ByteString.Empty);
        result.Variables.Count.ShouldBe(selectsFields ? 1 : 0);
    }

    [Fact]
    public async Task IdempotencyKey_IsSentInPlaceOfAHandWrittenOne()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = AnAction.Calling(upstream.Url);
        action.Request.Headers.Add(new Header { Name = "idempotency-key", Value = "by hand" });
        var stored = await _server.CreateAsync(action);

        await _server.ExecuteAsync(new() { Id = stored.Id, IdempotencyKey = "key-1" });
        await _server.ExecuteAsync(new() { Id = stored.Id });

        (await upstream.NextRequestAsync(Token)).Header("Idempotency-Key").ShouldBe("key-1");
        (await upstream.NextRequestAsync(Token)).Header("Idempotency-Key").ShouldBe("by hand");
    }

    [Theory]
    [InlineData("a\nb")]
    [InlineData("ü")]
    [InlineData(null)]
    public async Task IdempotencyKeyThatNoHeaderCarries_IsAViolation(string? key)
    {
        var action = await _server.CreateAsync(AnAction.Any());

        (await RefusalAsync(new() { Id = action.Id, IdempotencyKey = key ?? new string('k', 256) }))
            .ShouldBeViolationOf("idempotency_key");
    }

    [Fact]
    public async Task CallIdTooLong_IsAViolation()
    {
        var action = await _server.CreateAsync(AnAction.Any());

        (await RefusalAsync(new() { Id = action.Id, CallId = new string('c', 257) })).ShouldBeViolationOf("call_id");
    }

    [Fact]
    public async Task DisabledAction_RefusesUntilItIsEnabled()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = AnAction.Calling(upstream.Url);
        action.Disabled = true;
        var stored = await _server.CreateAsync(action);

        (await RefusalAsync(new() { Id = stored.Id }))
            .ShouldBe(StatusCode.FailedPrecondition, "ERROR_REASON_ACTION_DISABLED", ("id", stored.Id));
        (await RefusalAsync(new() { Name = stored.Name }))
            .ShouldBe(StatusCode.FailedPrecondition, "ERROR_REASON_ACTION_DISABLED", ("id", stored.Id));
        upstream.Requests.ShouldBeEmpty();

        await _server.UpdateAsync(new() { Id = stored.Id }, "disabled");
        (await _server.ExecuteAsync(new() { Id = stored.Id }))[^1].Result.ShouldNotBeNull();
    }

    [Fact]
    public async Task UnknownAction_IsNotFound()
    {
        (await RefusalAsync(new() { Id = "nobody" }))
            .ShouldBe(StatusCode.NotFound, "ERROR_REASON_ACTION_NOT_FOUND", ("id", "nobody"));
        (await RefusalAsync(new() { Name = "Nobody" }))
            .ShouldBe(StatusCode.NotFound, "ERROR_REASON_ACTION_NOT_FOUND", ("name", "Nobody"));
    }

    [Fact]
    public async Task NoTarget_IsAViolation()
    {
        foreach (var request in (ExecuteRequest[])[new(), new() { Id = "" }, new() { Name = "" }])
            (await RefusalAsync(request)).ShouldBeViolationOf("id");
    }

    private async Task<Refusal> RefusalAsync(ExecuteRequest request) =>
        await Refusal.OfAsync(_server.Actions.Execute(request, cancellationToken: Token));
}
