namespace Actions.Server.Tests.Commands;

/// <summary>What an image's health check runs.</summary>
public sealed class HealthCheckTests
{
    [Fact]
    public async Task ReadyServer_IsHealthy()
    {
        await using var server = await RunningServer.StartAsync();

        (await CommandRun.OfAsync(["healthcheck", "--url", $"{server.WebAddress}readyz"])).ShouldBe(new(0, "200 ready\n", ""));
    }

    [Fact]
    public async Task ListenerOnEveryAddress_IsAskedOnLoopback()
    {
        await using var server = await RunningServer.StartAsync();

        var run = await CommandRun.OfAsync(["healthcheck"], ("Kestrel:Endpoints:Web:Url", $"http://*:{server.WebAddress.Port}"));

        run.ShouldBe(new(0, "200 ready\n", ""));
    }

    [Fact]
    public async Task ServerThatIsNotReady_IsUnhealthyAndSaysWhy()
    {
        await using var draining = RawUpstream.Answering(RawUpstream.Response("draining\n", "text/plain", "503 Service Unavailable"));

        var run = await CommandRun.OfAsync(["healthcheck", "--url", $"{draining.Url}/readyz"]);

        run.ShouldBe(new(1, "", "503 draining\n"));
    }

    [Fact]
    public async Task NobodyThere_IsUnhealthy()
    {
        var gone = RawUpstream.Answering("");
        var url = $"{gone.Url}/readyz";
        await gone.DisposeAsync();

        var run = await CommandRun.OfAsync(["healthcheck", "--url", url]);

        (run.ExitCode, run.Output).ShouldBe((1, ""));
        run.Errors.Trim().ShouldNotBeEmpty();
        run.Errors.Trim().ShouldNotContain("\n");
    }

    [Fact]
    public async Task ServerThatKeepsSilent_IsUnhealthy()
    {
        await using var silent = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.HoldAsync();
        });

        var run = await CommandRun.OfAsync(["healthcheck", "--url", silent.Url]);

        run.ShouldBe(new(1, "", "No response within 3 s.\n"));
    }

    [Theory]
    [InlineData("--url", "readyz")]
    [InlineData("--url", "file:///etc/passwd")]
    [InlineData("--port", "5081")]
    public async Task CommandThatCannotBeUnderstood_SaysHow(string name, string value)
    {
        var run = await CommandRun.OfAsync(["healthcheck", name, value]);

        run.ExitCode.ShouldBe(2);
        run.Errors.ShouldContain(name);
        run.Errors.ShouldEndWith("See healthcheck --help.\n");
    }
}
