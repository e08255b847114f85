using System.Diagnostics.Metrics;
using Actions.Engine.Telemetry;
using Actions.Server.Configuration;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Actions.Server.Telemetry;

internal static class TelemetryRegistration
{
    /// <summary>The meter of all metrics of the server.</summary>
    public const string MeterName = "Actions.Server";

    // These and all other variables (protocol, headers, interval, service name) are those of OpenTelemetry:
    // https://opentelemetry.io/docs/specs/otel/protocol/exporter/
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    private const string TracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    private const string TracesExporter = "OTEL_TRACES_EXPORTER";

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
    /// Exports the server's metrics and spans to the collector in the environment variables. Without a collector, no
    /// instrument has a listener, and there are no spans.
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
        services.AddSingleton<ExecutionSpans>();
        var endpoint = AddressOf(configuration, Endpoint);
        if ((AddressOf(configuration, MetricsEndpoint) ?? endpoint) is not null)
            services.AddMetrics(AddressOf(configuration, MetricsEndpoint));
        var tracesEndpoint = AddressOf(configuration, TracesEndpoint);
        if ((tracesEndpoint ?? endpoint) is not null && !IsNone(configuration[TracesExporter]))
            services.AddSpans(tracesEndpoint);
        return services;
    }

    private static void AddSpans(this IServiceCollection services, Uri? endpoint) => services.AddExport()
        .WithTracing(traces => traces.AddSource(ExecutionSpans.SourceName).AddOtlpExporter(otlp =>
        {
            if (endpoint is not null)
                otlp.Endpoint = endpoint;
        }));

    private static IOpenTelemetryBuilder AddExport(this IServiceCollection services) => services.AddOpenTelemetry()
        // The service name of the environment is added last, so that it takes precedence.
        .ConfigureResource(resource => resource.AddService("actions-grpc").AddEnvironmentVariableDetector());

    private static void AddMetrics(this IServiceCollection services, Uri? endpoint)
    {
        services.AddExport().WithMetrics(metrics => metrics.AddMeter(Meters).AddView(BoundedView)
            .AddOtlpExporter(otlp =>
            {
                // The exporter itself reads the variable of a signal only when all signals are exported.
                if (endpoint is not null)
                    otlp.Endpoint = endpoint;
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
    }

    private static bool IsNone(string? exporter) => "none".Equals(exporter, StringComparison.OrdinalIgnoreCase);

    private static MetricStreamConfiguration? BoundedView(Instrument instrument) =>
        instrument.Meter.Name is "System.Net.Http" or "System.Net.NameResolution" ? WithoutHosts : null;

    private static Uri? AddressOf(IConfiguration configuration, string variable) => configuration[variable] switch
    {
        null or "" => null,
        var text when Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" => address,
        _ => throw new StartRefusedException($"{variable} must be an address such as http://collector:4317."),
    };
}
