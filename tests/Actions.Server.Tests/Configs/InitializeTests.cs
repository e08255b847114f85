using System.Text;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Actions.Server.Tests.Configs;

public sealed class InitializeTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StoredAction_KeepsTheSampleUntilTheNextOne()
    {
        var answer = """{"number": 1}""";
        await using var upstream = RawUpstream.Answering(_ => RawUpstream.Response(answer, "application/json; charset=utf-8"));
        var action = AnAction.Calling(upstream.Url);
        action.ResponsePolicy = new() { KeepBodies = true };
        action = await _server.CreateAsync(action);

        var before = TimeProvider.System.GetUtcNow();
        var first = await InitializeAsync(new() { Id = action.Id });

        first.Sample.Time.ToDateTimeOffset().ShouldBeInRange(before, TimeProvider.System.GetUtcNow());
        first.Sample.Latency.ToTimeSpan().ShouldBeGreaterThan(TimeSpan.Zero);
        first.Sample.ShouldBe(new()
        {
            StatusCode = 200,
            ContentType = "application/json; charset=utf-8",
            Body = ByteString.CopyFromUtf8(answer),
            Latency = first.Sample.Latency,
            Time = first.Sample.Time,
            Fields = { first.Sample.Fields },
            Shape = """{"number":0}""",
        });
        first.Sample.Fields.ShouldHaveSingleItem().JsonPath.ShouldBe("$['number']");
        var stored = await _server.GetAsync(action.Id);
        stored.Sample.ShouldBe(first.Sample);
        stored.Etag.ShouldNotBe(action.Etag);

        answer = "[]";
        var second = await InitializeAsync(new() { Id = action.Id });

        second.Sample.Body.ToStringUtf8().ShouldBe("[]");
        (await _server.GetAsync(action.Id)).Sample.ShouldBe(second.Sample);
    }

    [Fact]
    public async Task StoredAction_KeepsNoValuesUnlessItAllowsThem()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("""{"order": {"status": "v4lue"}, "ids": [4711]}"""));
        var action = await _server.CreateAsync(AnAction.Calling(upstream.Url));

        var shown = (await InitializeAsync(new() { Id = action.Id })).Sample;

        shown.Body.ToStringUtf8().ShouldContain("v4lue");
        shown.Fields.Single(field => field.JsonPath == "$['order']['status']").Value.StringValue.ShouldBe("v4lue");
        var expected = WithoutValues(shown);
        (await _server.GetAsync(action.Id)).Sample.ShouldBe(expected);
        expected.Shape.ShouldBe("""{"order":{"status":""},"ids":[0]}""");
        Encoding.UTF8.GetString(expected.ToByteArray()).ShouldNotContain("v4lue");
    }

    [Fact]
    public async Task LeaveToKeepBodies_TakenBackTakesThemAway()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("""{"status": "v4lue"}"""));
        var action = AnAction.Calling(upstream.Url);
        action.ResponsePolicy = new() { KeepBodies = true };
        action = await _server.CreateAsync(action);
        var sample = (await InitializeAsync(new() { Id = action.Id })).Sample;
        (await _server.GetAsync(action.Id)).Sample.ShouldBe(sample);

        var updated = await _server.UpdateAsync(new() { Id = action.Id }, "response_policy.keep_bodies");

        updated.Sample.ShouldBe(WithoutValues(sample));
        (await _server.GetAsync(action.Id)).ShouldBe(updated);
    }

    [Fact]
    public async Task List_ComesWithoutSamplesAndUpdatesKeepThem()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await _server.CreateAsync(AnAction.Calling(upstream.Url));
        var sample = WithoutValues((await InitializeAsync(new() { Id = action.Id })).Sample);

        var list = await _server.Configs.ListActionConfigsAsync(new() { NamePrefix = action.Name, PageSize = 1 }, cancellationToken: Token);
        list.ActionConfigs[0].Id.ShouldBe(action.Id);
        list.ActionConfigs[0].Sample.ShouldBeNull();

        (await _server.UpdateAsync(new() { Id = action.Id, Description = "Newer." })).Sample.ShouldBe(sample);
        var whole = AnAction.Any();
        whole.Id = action.Id;
        (await _server.UpdateAsync(whole, "*")).Sample.ShouldBe(sample);
        (await _server.GetAsync(action.Id)).Sample.ShouldBe(sample);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Draft_IsCalledAndNothingIsKept(bool ofAStoredAction)
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var stored = await _server.CreateAsync(AnAction.Any());
        var draft = AnAction.Calling($"{upstream.Url}/draft");
        if (ofAStoredAction)
            draft.Id = stored.Id;

        (await InitializeAsync(new() { Draft = draft })).Sample.StatusCode.ShouldBe(200);

        (await upstream.NextRequestAsync(Token)).Target.ShouldBe("/draft");
        (await _server.GetAsync(stored.Id)).ShouldBe(stored);
        (await _server.Configs.ListActionConfigsAsync(new() { NamePrefix = draft.Name }, cancellationToken: Token))
            .ActionConfigs.ShouldNotContain(action => action.Name == draft.Name);
    }

    [Fact]
    public async Task DisabledAction_CanBeTried()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = AnAction.Calling(upstream.Url);
        action.Disabled = true;

        (await InitializeAsync(new() { Id = (await _server.CreateAsync(action)).Id })).Sample.ShouldNotBeNull();
    }

    [Fact]
    public async Task AnyStatus_IsASample()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{\"error\": 1", status: "500 Internal Server Error"));

        var sample = (await InitializeAsync(new() { Draft = AnAction.Calling(upstream.Url) })).Sample;

        sample.StatusCode.ShouldBe(500);
        sample.Body.ToStringUtf8().ShouldBe("{\"error\": 1");
    }

    [Fact]
    public async Task LargeBody_IsCutAt64Kibibytes()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response(new string('x', 65_537), "text/plain"));

        var sample = (await InitializeAsync(new() { Draft = AnAction.Calling(upstream.Url) })).Sample;

        (sample.Body.Length, sample.BodyTruncated).ShouldBe((65_536, true));
    }

    [Fact]
    public async Task ApiThatIsNotThere_IsAFailureAndTheOldSampleStays()
    {
        ActionConfig action;
        Sample sample;
        await using (var upstream = RawUpstream.Answering(RawUpstream.Response("{}")))
        {
            action = AnAction.Calling($"{upstream.Url}/{{order_id}}");
            action.Messages = new() { FailureMessage = "No {order_id}." };
            action = await _server.CreateAsync(action);
            sample = WithoutValues(
                (await InitializeAsync(new() { Id = action.Id, Variables = { ["order_id"] = Value.ForString("7") } })).Sample);
        }

        var response = await InitializeAsync(new() { Id = action.Id, Variables = { ["order_id"] = Value.ForString("8") } });

        response.Sample.ShouldBeNull();
        (response.Failure.Reason, response.Failure.Message).ShouldBe((FailureReason.Connection, "No 8."));
        response.Request.Url.ShouldEndWith("/8");
        (await _server.GetAsync(action.Id)).Sample.ShouldBe(sample);
    }

    [Fact]
    public async Task SensitiveVariables_AreMaskedInTheRequestShownAndSentAsTheyAre()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var draft = AnAction.Complete();
        draft.Request.Url = $"{upstream.Url}/orders/{{order_id}}";
        draft.Request.Headers.Add(new Header { Name = "X-Order", Value = "{order_id}!" });

        var response = await InitializeAsync(new()
        {
            Draft = draft,
            Variables = { ["order_id"] = Value.ForString("s3cret"), ["tenant"] = Value.ForString("acme") },
        });

        var sent = await upstream.NextRequestAsync(Token);
        (sent.Target, sent.Header("X-Order"), sent.Text)
            .ShouldBe(("/orders/s3cret?lang=de", "s3cret!", """{"id":"s3cret","count":1}"""));
        response.Request.Method.ShouldBe(V1.HttpMethod.Post);
        response.Request.Url.ShouldBe($"{upstream.Url}/orders/MASKED?lang=de");
        response.Request.Headers.ShouldContain(new Header { Name = "X-Order", Value = "MASKED!" });
        response.Request.Headers.ShouldContain(new Header { Name = "X-Tenant", Value = "acme" });
        response.Request.Body.ShouldBe("""{"id":"MASKED","count":1}""");
        Encoding.UTF8.GetString(response.ToByteArray()).ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task InvalidDraft_IsRefusedByTheFieldsOfTheDraft()
    {
        var draft = AnAction.Any();
        draft.Name = "";
        draft.Request.Url = "nowhere";

        (await RefusalAsync(new() { Draft = draft })).ShouldBeViolationOf("draft.name", "draft.request.url");
        (await RefusalAsync(new() { Draft = new() })).ShouldBeViolationOf("draft.name", "draft.request");
    }

    [Fact]
    public async Task MissingVariable_IsNamedAndNothingIsCalled()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));

        (await RefusalAsync(new() { Draft = AnAction.Calling($"{upstream.Url}/{{order_id}}") }))
            .ShouldBeInvalid("ERROR_REASON_MISSING_VARIABLE", "variables.order_id");

        upstream.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task UnknownId_IsNotFound() =>
        (await RefusalAsync(new() { Id = "nobody" })).ShouldBe(StatusCode.NotFound, "ERROR_REASON_ACTION_NOT_FOUND", ("id", "nobody"));

    [Fact]
    public async Task NoTarget_IsAViolation()
    {
        (await RefusalAsync(new())).ShouldBeViolationOf("id");
        (await RefusalAsync(new() { Id = "" })).ShouldBeViolationOf("id");
    }

    /// <summary>As it is kept.</summary>
    private static Sample WithoutValues(Sample sample)
    {
        var kept = sample.Clone();
        kept.Body = ByteString.Empty;
        foreach (var field in kept.Fields)
            field.Value = null;
        return kept;
    }

    private async Task<InitializeResponse> InitializeAsync(InitializeRequest request) =>
        await _server.Configs.InitializeAsync(request, cancellationToken: Token);

    private async Task<Refusal> RefusalAsync(InitializeRequest request) =>
        await Refusal.OfAsync(_server.Configs.InitializeAsync(request, cancellationToken: Token));
}
