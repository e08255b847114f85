using System.Net;
using Grpc.Health.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Actions.Server.Tests.Lifecycle;

public sealed class ReadinessTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("healthz", "ok")]
    [InlineData("readyz", "ready")]
    public async Task StartedServer_IsAliveAndReady(string path, string answer)
    {
        await using var server = await RunningServer.StartAsync();

        (await GetAsync(server, path)).ShouldBe((HttpStatusCode.OK, answer));
    }

    [Fact]
    public async Task StoreThatGoesAndComesBack_TurnsReadinessOffAndOn()
    {
        var folder = Directory.CreateTempSubdirectory("actions-server-tests-");
        var path = Path.Combine(folder.FullName, "actions.db");
        try
        {
            await using var server = await RunningServer.StartAsync(settings: new()
            {
                ["Storage:Sqlite:Path"] = path,
                ["Readiness:CheckInterval"] = "00:00:00.1",
            });
            using var watch = new Health.HealthClient(server.Channel).Watch(new(), cancellationToken: Token);
            (await NextAsync(watch.ResponseStream)).ShouldBe(Serving);

            File.Move(path, path + ".away");

            (await NextAsync(watch.ResponseStream)).ShouldBe(NotServing);
            (await GetAsync(server, "readyz")).ShouldBe((HttpStatusCode.ServiceUnavailable, "store unavailable"));
            (await GetAsync(server, "healthz")).ShouldBe((HttpStatusCode.OK, "ok"));

            File.Move(path + ".away", path);

            (await NextAsync(watch.ResponseStream)).ShouldBe(Serving);
            (await GetAsync(server, "readyz")).ShouldBe((HttpStatusCode.OK, "ready"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("Drain:GracePeriod", "30")]
    [InlineData("Drain:StopTimeout", "00:00:00")]
    [InlineData("Readiness:CheckInterval", "00:00:00")]
    public async Task SettingOutOfRange_StopsTheStartAndNamesTheKey(string key, string value)
    {
        var failure = await Should.ThrowAsync<InvalidOperationException>(
            ServerProcess.StartAsync(new() { [key] = value }, Token).WaitAsync(TimeSpan.FromSeconds(60), Token));

        failure.Message.ShouldStartWith("Exit code 1:");
        failure.Message.ShouldContain($"{key} must be");
    }

    private static async Task<HealthCheckResponse.Types.ServingStatus> NextAsync(
        Grpc.Core.IAsyncStreamReader<HealthCheckResponse> stream)
    {
        (await stream.MoveNext(Token).WaitAsync(TimeSpan.FromSeconds(30), Token)).ShouldBeTrue();
        return stream.Current.Status;
    }

    private static Task<(HttpStatusCode Status, string Body)> GetAsync(RunningServer server, string path) =>
        WebProbe.GetAsync(server.WebAddress, path, Token);
}
