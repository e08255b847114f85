using System.Diagnostics.Metrics;
using Actions.Engine.Telemetry;
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

    // Of .NET: https://learn.microsoft.com/dotnet/core/diagnostics/built-in-metrics. Polly.Core has no meter of its own:
    // the engine's metrics say what its breakers do.
    private static readonly string[] Meters =
    [
        MeterName, EngineMetrics.MeterName,
        "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel",
        "System.Net.Http", "System.Net.NameResolution", "System.Runtime",
    ];

    // What remains of the attributes of HttpClient and name resolution: actions choose hosts, so those are unbounded,
    // and
    // a host may be rendered from a variable.
    private static readonly MetricStreamConfiguration WithoutHosts = new()
    {
        TagKeys =
        [
            "error.type", "http.request.method", "http.response.status_code", "http.connection.state",
            "network.protocol.version", "url.scheme",
        ],
    };

    /// <summary>
    /// Sends the server's metrics to the collector that the environment names. Without one, no instrument has a
    /// listener.
    /// </summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<TelemetryOptions>(configuration, TelemetryOptions.Section);
        services.AddSingleton<EngineMetrics>();
        services.AddSingleton<ExecutionMetrics>();
        services.AddSingleton<CatalogMetrics>();
        services.AddSingleton<StoreMetrics>();
        var metricsEndpoint = AddressOf(configuration, MetricsEndpoint);
        if (AddressOf(configuration, Endpoint) is null && metricsEndpoint is null)
            return services;

        services.AddOpenTelemetry()
            // The name that the environment gives comes last, and so wins.
            .ConfigureResource(resource => resource.AddService("actions-grpc").AddEnvironmentVariableDetector())
            .WithMetrics(metrics => metrics.AddMeter(Meters).AddView(BoundedView).AddOtlpExporter(otlp =>
            {
                // The exporter itself reads this one only when logs and traces are sent as well.
                if (metricsEndpoint is not null)
                    otlp.Endpoint = metricsEndpoint;
            }));
        // There from the start, not from the first call on.
        services.ConfigureOpenTelemetryMeterProvider((provider, _) =>
        {
            provider.GetRequiredService<ActiveExecutions>();
            provider.GetRequiredService<EngineMetrics>();
            provider.GetRequiredService<ExecutionMetrics>();
            provider.GetRequiredService<CatalogMetrics>();
            provider.GetRequiredService<StoreMetrics>();
        });
        return services;
    }

    private static MetricStreamConfiguration? BoundedView(Instrument instrument) =>
        instrument.Meter.Name is "System.Net.Http" or "System.Net.NameResolution" ? WithoutHosts : null;

    private static Uri? AddressOf(IConfiguration configuration, string variable) => configuration[variable] switch
    {
        null or "" => null,
        var text when Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" => address,
        _ => throw new StartRefusedException($"{variable} must be an address such as http://collector:4317."),
    };
}
