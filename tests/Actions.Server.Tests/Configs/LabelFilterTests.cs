namespace Actions.Server.Tests.Configs;

public sealed class LabelFilterTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LabelsToFilterBy_Are64AtMost()
    {
        var request = new V1.ListActionConfigsRequest();
        for (var i = 0; i < 64; i++)
            request.Labels.Add($"label-{i}", "");
        (await fixture.Server.Configs.ListActionConfigsAsync(request, cancellationToken: Token))
            .ActionConfigs.ShouldBeEmpty();

        request.Labels.Add("one too many", "");

        (await Refusal.OfAsync(fixture.Server.Configs.ListActionConfigsAsync(request, cancellationToken: Token))).ShouldBeViolationOf("labels");
    }
}
