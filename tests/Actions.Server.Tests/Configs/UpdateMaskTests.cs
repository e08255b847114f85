using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests.Configs;

public sealed class UpdateMaskTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A path, what the caller sends beside it, and what that makes of <see
    /// cref="AnAction.Complete"/>.</summary>
    public static TheoryData<string, Action<ActionConfig>, Action<ActionConfig>> Changes => new()
    {
        { "description", sent => sent.Description = "Newer.", stored => stored.Description = "Newer." },
        { "description", sent => sent.Name = "not named by the mask", stored => stored.Description = "" },
        { "disabled", sent => sent.Disabled = true, stored => stored.Disabled = true },
        // Below a message.
        { "messages.start_message", sent => sent.Messages = new() { StartMessage = "Hold on.", DelayMessage = "not named" },
            stored => stored.Messages.StartMessage = "Hold on." },
        { "messages.start_message", _ => { }, stored => stored.Messages.StartMessage = "" },
        { "messages.delay_repeat_interval", _ => { }, stored => stored.Messages.DelayRepeatInterval = null },
        { "request.timeout", sent => sent.Request = new() { Timeout = new() { Seconds = 9 } },
            stored => stored.Request.Timeout.Seconds = 9 },
        // A message as a whole.
        { "messages", sent => sent.Messages = new() { StartMessage = "Hold on." },
            stored => stored.Messages = new() { StartMessage = "Hold on." } },
        { "messages", _ => { }, stored => stored.Messages = null },
        // Lists and maps: always as a whole.
        { "labels", sent => sent.Labels.Add("only", "one"), stored => { stored.Labels.Clear(); stored.Labels.Add("only", "one"); } },
        { "labels", _ => { }, stored => stored.Labels.Clear() },
        { "results", sent => sent.Results.Add(new ResultField { Variable = "all", JsonPath = "$" }),
            stored => { stored.Results.Clear(); stored.Results.Add(new ResultField { Variable = "all", JsonPath = "$" }); } },
        { "request.headers", sent => sent.Request = new() { Headers = { new Header { Name = "A", Value = "1" } } },
            stored => { stored.Request.Headers.Clear(); stored.Request.Headers.Add(new Header { Name = "A", Value = "1" }); } },
        { "request.headers", _ => { }, stored => stored.Request.Headers.Clear() },
        { "response_policy.success_statuses", _ => { }, stored => stored.ResponsePolicy.SuccessStatuses.Clear() },
        // Of a oneof one member.
        { "request.text_body", sent => sent.Request = new() { TextBody = new() { Text = "t", ContentType = "text/plain" } },
            stored => stored.Request.TextBody = new() { Text = "t", ContentType = "text/plain" } },
        { "request.form_body", sent => sent.Request = new() { FormBody = new() { Fields = { new QueryParameter { Name = "a" } } } },
            stored => stored.Request.FormBody = new() { Fields = { new QueryParameter { Name = "a" } } } },
        { "request.json_body", sent => sent.Request = new() { JsonBody = "1" }, stored => stored.Request.JsonBody = "1" },
        { "request.json_body", _ => { }, stored => stored.Request.ClearBody() },
        // That isn't the one which is stored: nothing to clear.
        { "request.text_body", _ => { }, _ => { } },
        { "request.text_body.text", _ => { }, _ => { } },
    };

    [Theory]
    [MemberData(nameof(Changes), DisableDiscoveryEnumeration = true)]
    public async Task Path_WritesWhatItNamesAndNothingElse(
        string path, Action<ActionConfig> send, Action<ActionConfig> expect)
    {
        var old = await _server.CreateAsync(AnAction.Complete());
        var change = new ActionConfig { Id = old.Id };
        send(change);

        var updated = await _server.UpdateAsync(change, path);

        var expected = old.Clone();
        expect(expected);
        updated.ShouldBe(AsWritten(expected, updated), path);
        (await _server.GetAsync(old.Id)).ShouldBe(updated, path);
    }

    [Fact]
    public async Task PathBelowAMessageThatIsNotThere_MakesIt()
    {
        var old = await _server.CreateAsync(AnAction.Any());

        var updated = await _server.UpdateAsync(
            new() { Id = old.Id, ResponsePolicy = new() { MaxBodyBytes = 7 } }, "response_policy.max_body_bytes", "messages.start_message");

        updated.ResponsePolicy.ShouldBe(new() { MaxBodyBytes = 7 });
        updated.Messages.ShouldBeNull();
    }

    [Fact]
    public async Task Star_WritesEveryFieldThatACallerWrites()
    {
        var old = await _server.CreateAsync(AnAction.Complete());
        var change = AnAction.Any();
        change.Id = old.Id;
        change.CreateTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch);
        change.Sample = new() { StatusCode = 200 };

        var updated = await _server.UpdateAsync(change, "*");

        change.CreateTime = old.CreateTime;
        change.Sample = null;
        updated.ShouldBe(AsWritten(change, updated));
        (await _server.GetAsync(old.Id)).ShouldBe(updated);
    }

    [Theory]
    [InlineData("request", "request.headers")]
    [InlineData("request.headers", "request")]
    [InlineData("*", "request.headers")]
    [InlineData("request.headers", "request.headers")]
    public async Task OverlappingPaths_WriteTheSameTwice(string first, string second)
    {
        var old = await _server.CreateAsync(AnAction.Complete());
        var change = AnAction.Complete();
        change.Id = old.Id;
        change.Request.Headers.RemoveAt(0);

        var updated = await _server.UpdateAsync(change, first, second);

        updated.Request.Headers.ShouldBe(change.Request.Headers);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("")]
    [InlineData("startMessage")]
    [InlineData("messages.nothing")]
    [InlineData("messages.")]
    [InlineData("request.*")]
    // What only the server writes.
    [InlineData("id")]
    [InlineData("etag")]
    [InlineData("sample")]
    [InlineData("sample.body")]
    [InlineData("create_time")]
    [InlineData("update_time.seconds")]
    // Into what is written as a whole.
    [InlineData("labels.team")]
    [InlineData("variables.name")]
    [InlineData("request.headers.name")]
    [InlineData("request.headers[0]")]
    [InlineData("request.timeout.seconds")]
    [InlineData("description.length")]
    public async Task PathThatCannotBeWritten_IsAViolation(string path)
    {
        var old = await _server.CreateAsync(AnAction.Complete());

        var refusal = await RefusalAsync(new() { Id = old.Id, Description = "Newer." }, "description", path);

        refusal.ShouldBeViolationOf("update_mask.paths[1]");
        refusal.Violations[0].Description.ShouldContain($"'{path}'");
        (await _server.GetAsync(old.Id)).ShouldBe(old);
    }

    [Theory]
    [InlineData("messages.nothing")]
    [InlineData("response_policy.max_body_bytes.unit")]
    [InlineData("authentication.api_key.nothing")]
    public async Task PathThatCannotBeWrittenBelowWhatIsNotThere_IsAViolationToo(string path)
    {
        var old = await _server.CreateAsync(AnAction.Any());

        (await RefusalAsync(new() { Id = old.Id }, path)).ShouldBeViolationOf("update_mask.paths[0]");
    }

    [Fact]
    public async Task SeveralPathsThatCannotBeWritten_AreAllNamed()
    {
        var old = await _server.CreateAsync(AnAction.Any());

        (await RefusalAsync(new() { Id = old.Id }, "nothing", "disabled", "etag", "labels.team"))
            .ShouldBeViolationOf("update_mask.paths[0]", "update_mask.paths[2]", "update_mask.paths[3]");
    }

    private async Task<Refusal> RefusalAsync(ActionConfig change, params IEnumerable<string> paths) => await Refusal.OfAsync(
        _server.Configs.UpdateActionConfigAsync(
            new() { ActionConfig = change, UpdateMask = new() { Paths = { paths } } }, cancellationToken: Token));

    private static ActionConfig AsWritten(ActionConfig expected, ActionConfig updated)
    {
        expected.Etag = updated.Etag;
        expected.UpdateTime = updated.UpdateTime;
        return expected;
    }
}
