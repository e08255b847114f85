using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.Configs;

public sealed class DeleteTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DeletedAction_IsGoneAndItsNameFree(bool withEtag)
    {
        var action = await _server.CreateAsync(AnAction.Any());

        await DeleteAsync(action.Id, withEtag ? action.Etag : "");

        (await Refusal.OfAsync(_server.Configs.GetActionConfigAsync(new() { Id = action.Id }, cancellationToken: Token)))
            .ShouldBe(StatusCode.NotFound, "ERROR_REASON_ACTION_NOT_FOUND", ("id", action.Id));
        (await Refusal.OfAsync(DeleteAsync(action.Id)))
            .ShouldBe(StatusCode.NotFound, "ERROR_REASON_ACTION_NOT_FOUND", ("id", action.Id));
        (await _server.CreateAsync(AnAction.Named(action.Name))).Id.ShouldNotBe(action.Id);
    }

    [Fact]
    public async Task EtagOfAnOlderVersion_IsRefusedWithTheStoredOne()
    {
        var old = await _server.CreateAsync(AnAction.Any());
        var stored = await _server.UpdateAsync(new() { Id = old.Id, Description = "Newer." });

        (await Refusal.OfAsync(DeleteAsync(old.Id, old.Etag)))
            .ShouldBe(StatusCode.Aborted, "ERROR_REASON_ETAG_MISMATCH", ("id", old.Id), ("etag", stored.Etag));

        (await _server.GetAsync(old.Id)).ShouldBe(stored);
    }

    [Fact]
    public async Task NoId_IsAViolation() => (await Refusal.OfAsync(DeleteAsync(""))).ShouldBeViolationOf("id");

    private AsyncUnaryCall<DeleteActionConfigResponse> DeleteAsync(string id, string etag = "") =>
        _server.Configs.DeleteActionConfigAsync(new() { Id = id, Etag = etag }, cancellationToken: Token);
}
