using System.Net;
using System.Net.Sockets;

namespace Actions.Server.Tests.Settings;

/// <summary>A bad setting stops the server, which says in one line which one it is.</summary>
public sealed class WrongSettingTests
{
    [Theory]
    [InlineData("Server:MaxPageSize", "0")]
    [InlineData("Server:DefaultPageSize", "201")] // more than MaxPageSize
    [InlineData("Engine:MaxHeaders", "x")]
    [InlineData("Engine:ConnectionLifetime", "00:00:00")]
    [InlineData("Drain:GracePeriod", "-1")]
    [InlineData("Readiness:CheckInterval", "soon")]
    [InlineData("Outbound:AllowHttp", "perhaps")]
    [InlineData("Outbound:AllowedNetworks", "10.0.0.0/8,10.0.0.1/8")] // bits behind the prefix
    [InlineData("Outbound:AllowedNetworks", "localhost")]
    [InlineData("Outbound:AllowedNetworks", "10")]
    [InlineData("Outbound:AllowedNetworks", "10.0.0.0/33")]
    [InlineData("Outbound:AllowedHosts", "10.0.0.1")]
    [InlineData("Outbound:AllowedHosts", "*")]
    [InlineData("Outbound:DeniedHosts", "evil.*")]
    [InlineData("Outbound:TraceparentHosts", "api.example.com:443")]
    [InlineData("Outbound:DeniedPorts", "6379,9000-8000")]
    [InlineData("Storage:Provider", "mongodb")]
    [InlineData("Storage:Provider", "files")]
    [InlineData("Storage:Sqlite:BusyTimeout", "soon")]
    [InlineData("Storage:Sqlite:Path", "/dev/null/actions.db")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "/v1/metrics")]
    [InlineData("Server:MaxActionBytes", "60000000")] // more than MaxPageBytes
    [InlineData("Kestrel:Endpoints:Grpc:Url", "nowhere")]
    [InlineData("Kestrel:Endpoints:Grpc:Url", "https://127.0.0.1:0")] // without a certificate
    [InlineData("Kestrel:Endpoints:Web:Url", "http://192.0.2.1:5081")] // of no machine (RFC 5737)
    public async Task WrongValue_StopsTheServerAndNamesTheSetting(string key, string value)
    {
        ShouldName(key, await FailedStart.OfAsync((key, value)));
    }

    [Fact]
    public async Task PortInUse_StopsTheServerAndNamesTheSettings()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var start = await FailedStart.OfAsync(("Kestrel:Endpoints:Grpc:Url", $"http://{other.LocalEndpoint}"));

        ShouldName("Kestrel:Endpoints:Grpc:Url", start);
        start.Errors.ShouldContain($"{other.LocalEndpoint}");
        start.Errors.ShouldContain("in use");
    }

    private static void ShouldName(string key, CommandRun start)
    {
        start.ExitCode.ShouldBe(1, start.Errors);
        start.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldHaveSingleItem()
            .ShouldStartWith("The server can't start: ");
        start.Errors.ShouldContain(key);
    }
}
