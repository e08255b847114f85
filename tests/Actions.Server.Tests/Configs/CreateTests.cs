using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Actions.Server.Tests.Configs;

public sealed class CreateTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CompleteAction_ComesBackAsItWasSent()
    {
        var sent = AnAction.Complete();

        var created = await _server.CreateAsync(sent);

        (await _server.GetAsync(created.Id)).ShouldBe(created);
        WithoutServersFields(created).ShouldBe(sent);
    }

    [Fact]
    public async Task FieldsOfTheServer_AreAssignedWhateverTheCallerSent()
    {
        var before = TimeProvider.System.GetUtcNow();
        var sent = AnAction.Any();
        sent.Id = sent.Etag = "mine";
        sent.CreateTime = sent.UpdateTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch);
        sent.Sample = new() { StatusCode = 200 };

        var created = await _server.CreateAsync(sent);

        created.Id.ShouldNotBeEmpty();
        created.Id.ShouldNotBe("mine");
        created.Etag.ShouldNotBeEmpty();
        created.Etag.ShouldNotBe("mine");
        created.CreateTime.ToDateTimeOffset().ShouldBeInRange(before, TimeProvider.System.GetUtcNow());
        created.UpdateTime.ShouldBe(created.CreateTime);
        created.Sample.ShouldBeNull();
        (await _server.GetAsync(created.Id)).ShouldBe(created);
    }

    [Fact]
    public async Task ValidateOnly_AnswersAsACreateWouldAndStoresNothing()
    {
        var sent = AnAction.Complete();
        sent.Id = "mine";

        var checkedOnly = await _server.Configs.CreateActionConfigAsync(
            new() { ActionConfig = sent, ValidateOnly = true }, cancellationToken: Token);

        checkedOnly.ActionConfig.ShouldBe(WithoutServersFields(sent));
        var list = await _server.Configs.ListActionConfigsAsync(new() { NamePrefix = sent.Name }, cancellationToken: Token);
        list.ActionConfigs.ShouldBeEmpty();
        // The name is still free.
        await _server.CreateAsync(sent);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task InvalidAction_IsRefusedWithEveryViolation(bool validateOnly)
    {
        var action = AnAction.Any();
        action.Request.Url = "ftp://example.com/";
        action.Request.Method = V1.HttpMethod.Unspecified;

        (await RefusalAsync(action, validateOnly)).ShouldBeViolationOf("action_config.request.url", "action_config.request.method");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NameTakenInAnotherCase_IsRefused(bool validateOnly)
    {
        var taken = await _server.CreateAsync(AnAction.Any());
        var name = taken.Name.ToUpperInvariant();

        (await RefusalAsync(AnAction.Named(name), validateOnly))
            .ShouldBe(StatusCode.AlreadyExists, "ERROR_REASON_NAME_TAKEN", ("name", name));
    }

    [Fact]
    public async Task NoAction_IsAViolation() =>
        (await Refusal.OfAsync(_server.Configs.CreateActionConfigAsync(new(), cancellationToken: Token)))
            .ShouldBeViolationOf("action_config");

    [Fact]
    public async Task GetOfAnUnknownId_IsNotFound() =>
        (await Refusal.OfAsync(_server.Configs.GetActionConfigAsync(new() { Id = "nobody" }, cancellationToken: Token)))
            .ShouldBe(StatusCode.NotFound, "ERROR_REASON_ACTION_NOT_FOUND", ("id", "nobody"));

    [Fact]
    public async Task GetWithoutAnId_IsAViolation() =>
        (await Refusal.OfAsync(_server.Configs.GetActionConfigAsync(new(), cancellationToken: Token))).ShouldBeViolationOf("id");

    private async Task<Refusal> RefusalAsync(ActionConfig action, bool validateOnly) => await Refusal.OfAsync(
        _server.Configs.CreateActionConfigAsync(
            new() { ActionConfig = action, ValidateOnly = validateOnly }, cancellationToken: Token));

    private static ActionConfig WithoutServersFields(ActionConfig action)
    {
        var rest = action.Clone();
        rest.Id = rest.Etag = "";
        rest.CreateTime = rest.UpdateTime = null;
        rest.Sample = null;
        return rest;
    }
}
