using System.Net;
using System.Net.Sockets;

namespace Actions.Server.Tests.Settings;

/// <summary>A bad setting stops the server, which says in one line which one it is.</summary>
public sealed class WrongSettingTests
{
    [Theory]
    [InlineData("Server:MaxPageSize", "0")]
    [InlineData("Server:DefaultPageSize", "201")] // more than MaxPageSize
    [InlineData("Server:Profile", "huge")]
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
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/v1/traces")]
    [InlineData("Server:MaxActionBytes", "60000000")] // more than MaxPageBytes
    [InlineData("Server:MaxConnection", "5")] // mistyped
    [InlineData("Kestrel:Limits", "5")] // which Kestrel would ignore
    [InlineData("Kestrel:Endpoints:Grpc:Protocol", "Http2")]
    [InlineData("Kestrel:Endpoints:Grpc:Protocols", "Http7")]
    [InlineData("Kestrel:Endpoints:Grpc:Protocols", "Http1")]
    [InlineData("Kestrel:Endpoints:Grpc:SslProtocols:0", "Tls99")]
    [InlineData("Kestrel:Endpoints:Grpc:ClientCertificateMode", "Maybe")]
    [InlineData("Kestrel:Certificates:Default:Path", "/dev/zero")]
    [InlineData("Kestrel:Certificates:Default:KeyPath", "/tmp")]
    [InlineData("Logging:LogLevel:Default", "Loud")]
    [InlineData("Logging:Console:LogLevel:Microsoft", "Loud")]
    [InlineData("Logging:Console:FormatterName", "xml")]
    [InlineData("Logging:Console:FormatterOptions:IncludeScopes", "maybe")]
    [InlineData("Logging:Console:FormatterOptions:TimestampFormat", "%")]
    [InlineData("Logging:Console:FormatterOptions:ColorBehavior", "Rainbow")]
    [InlineData("Logging:Console:LogToStandardErrorThreshold", "Loud")]
    [InlineData("Logging:Console:QueueFullMode", "nonsense")]
    [InlineData("Logging:Console:MaxQueueLength", "-1")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "nonsense")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/xml")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "soon")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "nonsense")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "1 min")]
    [InlineData("OTEL_BSP_SCHEDULE_DELAY", "soon")]
    [InlineData("OTEL_TRACES_EXPORTER", "zipkin")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "sometimes")]
    [InlineData("Access:ClientCertificateAuthorities", "/etc/hostname")]
    [InlineData("Access:ClientCertificateAuthorities", "/dev/zero")]
    [InlineData("Access:Certificates:0:Subject", "nonsense")]
    [InlineData("Access:Certificates:0:San", "dns:")]
    [InlineData("Secrets:KeyEncryptionKey", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("Secrets:KeyEncryptionKeyFile", "/dev/zero")]
    [InlineData("Secrets:KeyEncryptionKeyFile", "/tmp")]
    [InlineData("Secrets:CertificatePath", "/dev/urandom")]
    [InlineData("Secrets:PreviousCertificates:0", "/dev/zero")]
    [InlineData("Storage:Sqlite:Path", "/dev/zero")]
    [InlineData("Strangers:WrongKeyDelay", "00:01:00")]
    [InlineData("Kestrel:Endpoints:Grpc:Url", "nowhere")]
    [InlineData("Kestrel:Endpoints:Grpc:Url", "https://127.0.0.1:0")] // without a certificate
    [InlineData("Kestrel:Endpoints:Web:Url", "http://192.0.2.1:5081")] // of no machine (RFC 5737)
    public async Task WrongValue_StopsTheServerAndNamesTheSetting(string key, string value)
    {
        // A list's entry is an object: the setting is its path.
        var setting = key == "Secrets:PreviousCertificates:0" ? $"{key}:Path" : key;
        ShouldName(key, await FailedStart.OfAsync((setting, value)));
    }

    [Theory]
    [InlineData("Secrets:KeyEncryptionKeyFile")]
    [InlineData("Secrets:CertificatePath")]
    [InlineData("Access:ClientCertificateAuthorities")]
    [InlineData("Kestrel:Certificates:Default:Path")]
    [InlineData("Storage:Sqlite:Path")]
    public async Task Pipe_DoesNotHoldUpTheStart(string key)
    {
        var folder = Directory.CreateTempSubdirectory("actions-server-tests-");
        try
        {
            var pipe = Path.Combine(folder.FullName, "pipe");
            using (var make = System.Diagnostics.Process.Start("mkfifo", pipe))
                await make.WaitForExitAsync(TestContext.Current.CancellationToken);

            ShouldName(key, await FailedStart.OfAsync((key, pipe)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
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
        start.Output.ShouldNotContain("   at ");
        start.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldHaveSingleItem()
            .ShouldStartWith("The server can't start: ");
        start.Errors.ShouldContain(key);
    }
}
