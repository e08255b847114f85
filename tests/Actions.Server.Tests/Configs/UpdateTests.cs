using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Actions.Server.Tests.Configs;

public sealed class UpdateTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EtagOfTheStoredVersion_IsWritten()
    {
        var old = await _server.CreateAsync(AnAction.Complete());
        var change = old.Clone();
        change.Description = "Newer.";

        var updated = await _server.UpdateAsync(change);

        updated.Etag.ShouldNotBe(old.Etag);
        updated.UpdateTime.ShouldBeGreaterThanOrEqualTo(old.UpdateTime);
        (await _server.GetAsync(old.Id)).ShouldBe(updated);
        change.Etag = updated.Etag;
        change.UpdateTime = updated.UpdateTime;
        updated.ShouldBe(change);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EtagOfAnOlderVersion_IsRefusedWithTheStoredOne(bool validateOnly)
    {
        var old = await _server.CreateAsync(AnAction.Any());
        var stored = await _server.UpdateAsync(new() { Id = old.Id, Description = "Newer." });

        (await RefusalAsync(new() { Id = old.Id, Etag = old.Etag, Description = "Newest." }, validateOnly))
            .ShouldBe(StatusCode.Aborted, "ERROR_REASON_ETAG_MISMATCH", ("id", old.Id), ("etag", stored.Etag));

        (await _server.GetAsync(old.Id)).ShouldBe(stored);
    }

    [Fact]
    public async Task RacingUpdatesOfOneVersion_LetExactlyOneThrough()
    {
        var old = await _server.CreateAsync(AnAction.Any());

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            try
            {
                return await _server.UpdateAsync(new() { Id = old.Id, Etag = old.Etag, Description = $"{i}" });
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Aborted)
            {
                return null;
            }
        }));

        var winner = outcomes.OfType<ActionConfig>().ShouldHaveSingleItem();
        (await _server.GetAsync(old.Id)).ShouldBe(winner);
    }

    [Fact]
    public async Task RacingUpdatesWithoutEtag_AllLand()
    {
        // Each in a field of its own: one that was lost would be missing in the end.
        var fields = Enumerable.Range(0, 4).Select(i => new (string Path, Action<ActionConfig> Write)[]
        {
            ("description", action => action.Description = $"{i}"),
            ("messages.start_message", action => (action.Messages ??= new()).StartMessage = $"{i}"),
            ("messages.delay_message", action => (action.Messages ??= new()).DelayMessage = $"{i}"),
            ("messages.failure_message", action => (action.Messages ??= new()).FailureMessage = $"{i}"),
            ("labels", action => action.Labels["by"] = $"{i}"),
        }).SelectMany(writes => writes).ToList();
        fields.Count.ShouldBe(20);
        var old = await _server.CreateAsync(AnAction.Any());

        var written = await Task.WhenAll(fields.Select(async field =>
        {
            var change = new ActionConfig { Id = old.Id };
            field.Write(change);
            return await _server.UpdateAsync(change, field.Path);
        }));

        written.Select(action => action.Etag).Distinct().Count().ShouldBe(20);
        var stored = await _server.GetAsync(old.Id);
        written.ShouldContain(stored);
        foreach (var text in (string[])
        [
            stored.Description, stored.Messages.StartMessage, stored.Messages.DelayMessage, stored.Messages.FailureMessage,
            stored.Labels["by"],
        ])
            text.ShouldBeOneOf("0", "1", "2", "3");
        stored.Request.ShouldBe(old.Request);
    }

    [Fact]
    public async Task EmptyMask_WritesWhatIsSetAndMergesMessagesDeeply()
    {
        var old = await _server.CreateAsync(AnAction.Complete());

        var updated = await _server.UpdateAsync(new()
        {
            Id = old.Id,
            Description = "Newer.",
            Request = new()
            {
                TextBody = new() { Text = "{order_id}", ContentType = "text/plain" },
                Headers = { new Header { Name = "X-Only", Value = "1" } },
            },
            Messages = new() { StartMessage = "Hold on.", DelayThreshold = Duration.FromTimeSpan(TimeSpan.FromSeconds(2)) },
            Labels = { ["only"] = "one" },
            Disabled = true,
        });

        var expected = old.Clone();
        expected.Description = "Newer.";
        expected.Request.TextBody = new() { Text = "{order_id}", ContentType = "text/plain" };
        expected.Request.Headers.Clear();
        expected.Request.Headers.Add(new Header { Name = "X-Only", Value = "1" });
        expected.Messages.StartMessage = "Hold on.";
        expected.Messages.DelayThreshold = Duration.FromTimeSpan(TimeSpan.FromSeconds(2));
        expected.Labels.Clear();
        expected.Labels.Add("only", "one");
        expected.Disabled = true;
        expected.Etag = updated.Etag;
        expected.UpdateTime = updated.UpdateTime;
        updated.ShouldBe(expected);
        (await _server.GetAsync(old.Id)).ShouldBe(updated);
    }

    [Fact]
    public async Task NewName_IsTakenAndTheOldOneFree()
    {
        var old = await _server.CreateAsync(AnAction.Any());
        var name = AnAction.FreeName();

        (await _server.UpdateAsync(new() { Id = old.Id, Name = name })).Name.ShouldBe(name);

        await _server.CreateAsync(AnAction.Named(old.Name));
        (await _server.UpdateAsync(new() { Id = old.Id, Name = name.ToUpperInvariant() })).Name.ShouldBe(name.ToUpperInvariant());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NameOfAnotherAction_IsRefused(bool validateOnly)
    {
        var other = await _server.CreateAsync(AnAction.Any());
        var action = await _server.CreateAsync(AnAction.Any());
        var name = other.Name.ToUpperInvariant();

        (await RefusalAsync(new() { Id = action.Id, Name = name }, validateOnly))
            .ShouldBe(StatusCode.AlreadyExists, "ERROR_REASON_NAME_TAKEN", ("name", name));

        (await _server.GetAsync(action.Id)).ShouldBe(action);
    }

    [Fact]
    public async Task ValidateOnly_AnswersAsAnUpdateWouldAndStoresNothing()
    {
        var old = await _server.CreateAsync(AnAction.Any());

        var checkedOnly = await _server.Configs.UpdateActionConfigAsync(
            new() { ActionConfig = new() { Id = old.Id, Description = "Newer." }, ValidateOnly = true }, cancellationToken: Token);

        var expected = old.Clone();
        expected.Description = "Newer.";
        checkedOnly.ActionConfig.ShouldBe(expected);
        (await _server.GetAsync(old.Id)).ShouldBe(old);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ChangeThatMakesTheActionInvalid_IsRefused(bool validateOnly)
    {
        var old = await _server.CreateAsync(AnAction.Complete());

        (await RefusalAsync(
            new() { Id = old.Id, Request = new() { Url = "nowhere" }, Results = { new ResultField { Variable = "1", JsonPath = "a" } } },
            validateOnly))
            .ShouldBeViolationOf(
                "action_config.request.url", "action_config.results[0].variable", "action_config.results[0].json_path");

        (await _server.GetAsync(old.Id)).ShouldBe(old);
    }

    [Fact]
    public async Task UnknownId_IsNotFound() =>
        (await RefusalAsync(new() { Id = "nobody", Description = "Newer." }))
            .ShouldBe(StatusCode.NotFound, "ERROR_REASON_ACTION_NOT_FOUND", ("id", "nobody"));

    [Fact]
    public async Task NoId_IsAViolation() =>
        (await RefusalAsync(new() { Name = "Nobody" })).ShouldBeViolationOf("action_config.id");

    [Fact]
    public async Task NoAction_IsAViolation() =>
        (await Refusal.OfAsync(_server.Configs.UpdateActionConfigAsync(new(), cancellationToken: Token)))
            .ShouldBeViolationOf("action_config");

    private async Task<Refusal> RefusalAsync(ActionConfig change, bool validateOnly = false) => await Refusal.OfAsync(
        _server.Configs.UpdateActionConfigAsync(
            new() { ActionConfig = change, ValidateOnly = validateOnly }, cancellationToken: Token));
}
