using System.Diagnostics.Metrics;
using Actions.Engine.Telemetry;
using Actions.Server.Configuration;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Actions.Server.Telemetry;

internal static class TelemetryRegistration
{
    /// <summary>The meter of all metrics of the server.</summary>
    public const string MeterName = "Actions.Server";

    // These and all other variables (protocol, headers, interval, service name) are those of OpenTelemetry:
    // https://opentelemetry.io/docs/specs/otel/protocol/exporter/
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";

    // Meters of .NET: https://learn.microsoft.com/dotnet/core/diagnostics/built-in-metrics. Polly.Core has no meter:
    // the engine's metrics report the state of its breakers.
    private static readonly string[] Meters =
    [
        MeterName, EngineMetrics.MeterName,
        "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel",
        "System.Net.Http", "System.Net.NameResolution", "System.Runtime",
    ];

    // The attributes kept from HttpClient and name resolution. Hosts are dropped: actions choose them, so their number
    // is unbounded, and a host may be rendered from a variable.
    private static readonly MetricStreamConfiguration WithoutHosts = new()
    {
        TagKeys =
        [
            "error.type", "http.request.method", "http.response.status_code", "http.connection.state",
            "network.protocol.version", "url.scheme",
        ],
    };

    /// <summary>
    /// Exports the server's metrics to the collector in the environment variables. Without a collector, no instrument
    /// has a listener.
    /// </summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<TelemetryOptions>(configuration, TelemetryOptions.Section);
        services.AddSingleton<EngineMetrics>();
        services.AddSingleton<ExecutionMetrics>();
        services.AddSingleton<CatalogMetrics>();
        services.AddSingleton<StoreMetrics>();
        services.AddSingleton<CallMetrics>();
        services.AddSingleton<HistoryMetrics>();
        var metricsEndpoint = AddressOf(configuration, MetricsEndpoint);
        if (AddressOf(configuration, Endpoint) is null && metricsEndpoint is null)
            return services;

        services.AddOpenTelemetry()
            // The service name of the environment is added last, so that it takes precedence.
            .ConfigureResource(resource => resource.AddService("actions-grpc").AddEnvironmentVariableDetector())
            .WithMetrics(metrics => metrics.AddMeter(Meters).AddView(BoundedView).AddOtlpExporter(otlp =>
            {
                // The exporter itself reads this variable only when logs and traces are exported as well.
                if (metricsEndpoint is not null)
                    otlp.Endpoint = metricsEndpoint;
            }));
        // Creates the instruments at start-up, not at the first call.
        services.ConfigureOpenTelemetryMeterProvider((provider, _) =>
        {
            provider.GetRequiredService<ActiveExecutions>();
            provider.GetRequiredService<EngineMetrics>();
            provider.GetRequiredService<ExecutionMetrics>();
            provider.GetRequiredService<CatalogMetrics>();
            provider.GetRequiredService<StoreMetrics>();
            provider.GetRequiredService<CallMetrics>();
            provider.GetRequiredService<HistoryMetrics>();
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
