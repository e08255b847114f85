using Actions.Server.Logging;
using Actions.Server.Tests.Lifecycle;
using Actions.V1;

namespace Actions.Server.Tests.Logging;

/// <summary>Nobody outside can write a line of the log, or an escape sequence for the terminal that shows it.</summary>
public sealed class ForgedLineTests
{
    private const string Forged = "x\ninfo: Forged[0]\r\nwarn: Forged[1]\u0085\u2028fail: Forged[2]\u001b[2J\u202eevil\u0007";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("simple")]
    [InlineData("systemd")]
    [InlineData("json")]
    public async Task TextsOfClientsAndApis_StayInTheirOwnLine(string formatter)
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}", "text/plain\u001b[2J", "500 \u001b[2Jinfo: Forged"));
        await using var server = await ServerProcess.StartAsync(
            new()
            {
                ["Logging:Console:FormatterName"] = formatter,
                ["Logging:Console:FormatterOptions:IncludeScopes"] = "true",
                ["Logging:LogLevel:Default"] = "Debug",
                ["Logging:LogLevel:Grpc"] = "Debug",
                ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "Debug",
            },
            Token);
        var configs = new V1.ActionConfigService.ActionConfigServiceClient(server.Channel);
        var actions = new V1.ActionService.ActionServiceClient(server.Channel);
        var created = await configs.CreateActionConfigAsync(
            new()
            {
                ActionConfig = new() { Name = "fails", Request = new() { Method = V1.HttpMethod.Get, Url = upstream.Url.ToString() } },
            },
            cancellationToken: Token);

        using (var call = actions.Execute(new() { Id = created.ActionConfig.Id, CallId = Forged }, cancellationToken: Token))
            (await call.ReadToEndAsync())[^1].Failure.ShouldNotBeNull();
        await Refusal.OfAsync(actions.Execute(new() { Id = Forged }, cancellationToken: Token));
        await Refusal.OfAsync(actions.Execute(new() { Name = Forged }, cancellationToken: Token));
        await Refusal.OfAsync(configs.GetActionConfigAsync(new() { Id = Forged }, cancellationToken: Token));
        server.Terminate();
        await server.WaitForExitAsync(Token);

        // They were logged, as a part of a line.
        server.Output.ShouldContain("Forged[0]");
        foreach (var line in server.Output.Split('\n'))
            line.TrimStart().ShouldNotMatch("^(<[0-9]>)?(info|warn|fail|evil)?:? ?Forged");
        server.Output.ShouldNotContain('\u001b');
        server.Output.ShouldNotContain('\u0007');
        server.Output.ShouldNotContain('\u0085');
        server.Output.ShouldNotContain('\u2028');
        server.Output.ShouldNotContain('\u202e');
    }

    [Fact]
    public async Task TextOfAnError_ShowsWhatTheClientWroteEscaped()
    {
        await using var server = await RunningServer.StartAsync();
        var draft = new ActionConfig { Name = "a", Request = new() { Method = V1.HttpMethod.Get, Url = "https://shop.example/" } };
        draft.Messages = new() { StartMessage = $"{{{Forged}}}", FailureMessages = { [Forged] = "x" } };

        Refusal[] refusals =
        [
            await Refusal.OfAsync(server.Actions.Execute(new() { Id = Forged }, cancellationToken: Token)),
            await Refusal.OfAsync(server.Actions.Execute(new() { Name = Forged }, cancellationToken: Token)),
            await Refusal.OfAsync(server.Configs.GetActionConfigAsync(new() { Id = Forged }, cancellationToken: Token)),
            await Refusal.OfAsync(server.Configs.CreateActionConfigAsync(new() { ActionConfig = draft }, cancellationToken: Token)),
        ];

        foreach (var refusal in refusals)
        {
            refusal.Text.ShouldContain("Forged");
            var violations = refusal.Violations.SelectMany(violation => new[] { violation.Field, violation.Description });
            foreach (var text in violations.Concat(refusal.Metadata.Values).Append(refusal.Text))
                text.ShouldBe(SingleLineText.Escape(text));
        }
    }

    [Theory]
    [InlineData("order 7, Zürich, 東京, 😀", "order 7, Zürich, 東京, 😀")]
    [InlineData("a\nb\r\tc\0", @"a\nb\r\tc\u0000")]
    [InlineData("\u202Ab\u2066c\u200Bd\uFEFF", @"\u202Ab\u2066c\u200Bd\uFEFF")]
    [InlineData("\u2028\u2029\u0085\u009B", @"\u2028\u2029\u0085\u009B")]
    [InlineData("\uDB40\uDC41tag", @"\uDB40\uDC41tag")]
    [InlineData("", "")]
    public void Text_IsOneVisibleLine(string text, string expected) => SingleLineText.Escape(text).ShouldBe(expected);

    // An attribute can't hold half a character.
    [Fact]
    public void HalfACharacter_IsEscaped() => SingleLineText.Escape("half \uD83D").ShouldBe(@"half \uD83D");
}
