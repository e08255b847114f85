using Actions.Server.Configuration;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Actions.Server.Telemetry;

internal static class TelemetryRegistration
{
    /// <summary>The meter of everything that the server counts.</summary>
    public const string MeterName = "Actions.Server";

    // The variables of OpenTelemetry's own specification, as are all others: protocol, headers, interval, service name.
    // https://opentelemetry.io/docs/specs/otel/protocol/exporter/
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";

    /// <summary>Sends the server's metrics to the collector that the environment names. Without one, nothing is made.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        var metricsEndpoint = AddressOf(configuration, MetricsEndpoint);
        if (AddressOf(configuration, Endpoint) is null && metricsEndpoint is null)
            return services;

        services.AddOpenTelemetry()
            // The name that the environment gives comes last, and so wins.
            .ConfigureResource(resource => resource.AddService("actions-grpc").AddEnvironmentVariableDetector())
            .WithMetrics(metrics => metrics.AddMeter(MeterName).AddOtlpExporter(otlp =>
            {
                // The exporter itself reads this one only when logs and traces are sent as well.
                if (metricsEndpoint is not null)
                    otlp.Endpoint = metricsEndpoint;
            }));
        // There from the start, not from the first call on.
        services.ConfigureOpenTelemetryMeterProvider((provider, _) => provider.GetRequiredService<ActiveExecutions>());
        return services;
    }

    private static Uri? AddressOf(IConfiguration configuration, string variable) => configuration[variable] switch
    {
        null or "" => null,
        var text when Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" => address,
        _ => throw new StartRefusedException($"{variable} must be an address such as http://collector:4317."),
    };
}
