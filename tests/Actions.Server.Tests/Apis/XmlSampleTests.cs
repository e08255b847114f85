using Actions.V1;

namespace Actions.Server.Tests.Apis;

/// <summary>Samples of responses that aren't JSON.</summary>
public sealed class XmlSampleTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Order = "<s:order xmlns:s=\"urn:s\" id=\"v4lue-0\"><item>v4lue-1</item><item>v4lue-2</item><s:to>v4lue-3</s:to></s:order>";

    private readonly RunningServer _server = fixture.Server;

    [Theory]
    [InlineData("text/xml", Order)]
    [InlineData("text/plain", "v4lue")]
    public async Task StoredSample_HasNoValues(string type, string body)
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response(body, type));
        var action = await _server.CreateAsync(AnAction.Calling(upstream.Url));

        (await InitializeAsync(action.Id)).ToString().ShouldContain("v4lue");

        var stored = (await _server.GetAsync(action.Id)).Sample;
        stored.Fields.ShouldNotBeEmpty();
        stored.ToString().ShouldNotContain("v4lue");
    }

    [Fact]
    public async Task Fields_WithPathsAndNames()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response(Order, "application/soap+xml"));
        var action = await _server.CreateAsync(AnAction.Calling(upstream.Url));

        (await InitializeAsync(action.Id)).Fields.Select(
            field => (field.Xpath, field.Type, field.SuggestedVariable)).ShouldBe(
        [
            ("/*[local-name()='order']/@id", VariableType.String, "order_id"),
            ("/*[local-name()='order']/item", VariableType.Json, "all_order_item"),
            ("/*[local-name()='order']/item[1]", VariableType.String, "order_item"),
            ("/*[local-name()='order']/*[local-name()='to']", VariableType.String, "order_to"),
        ]);
    }

    [Fact]
    public async Task LaterResponse_ComparedWithTheShape()
    {
        var body = Order;
        await using var upstream = RawUpstream.Answering(_ => RawUpstream.Response(body, "text/xml"));
        var action = AnAction.Calling(upstream.Url);
        action.Results.Add(new ResultField { Variable = "to", Xpath = "//*[local-name()='to']" });
        action.Results.Add(new ResultField { Variable = "items", Xpath = "//item" });
        action = await _server.CreateAsync(action);
        await InitializeAsync(action.Id);

        (await ExecuteAsync(action.Id)).Warnings.ShouldBeEmpty();
        body = "<order><item>only one</item></order>";
        (await ExecuteAsync(action.Id)).Warnings.Select(warning => (warning.Kind, warning.Variable))
            .ShouldBe([(WarningKind.FieldMissing, "to")]);
    }

    [Theory]
    [InlineData("results[0].xpath", "/a[", "", false)]
    [InlineData("results[0].source", "/a", "result:later", false)]
    [InlineData("error_fields[0].required", "/a", "", true)]
    public async Task WrongField_RefusedBySaving(string field, string xpath, string source, bool required)
    {
        var action = AnAction.Any();
        var wrong = new ResultField { Variable = "a", Xpath = xpath, Source = source, Required = required };
        (field.StartsWith("error", StringComparison.Ordinal) ? action.ErrorFields : action.Results).Add(wrong);

        (await Refusal.OfAsync(_server.CreateAsync(action))).ShouldBeViolationOf($"action_config.{field}");
    }

    private async Task<Sample> InitializeAsync(string id) =>
        (await _server.Configs.InitializeAsync(
            new() { Id = id }, cancellationToken: TestContext.Current.CancellationToken)).Sample;

    private async Task<Result> ExecuteAsync(string id) =>
        (await _server.ExecuteAsync(new() { Id = id }))[^1].Result.ShouldNotBeNull();
}
