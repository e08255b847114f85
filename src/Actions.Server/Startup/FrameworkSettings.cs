using System.Globalization;
using System.Security.Authentication;
using Actions.Server.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging.Console;

namespace Actions.Server.Startup;

/// <summary>
/// Checks the settings of the frameworks that the documentation names. The frameworks ignore a wrong value of most, and
/// fail at others without the key.
/// </summary>
internal static class FrameworkSettings
{
    private const string OtlpPrefix = "OTEL_EXPORTER_OTLP_";

    private static readonly string[] OtlpProtocols = ["grpc", "http/protobuf"];
    private static readonly string[] Formatters =
        [ConsoleFormatterNames.Simple, ConsoleFormatterNames.Systemd, ConsoleFormatterNames.Json];

    /// <summary>Call it before anything reads the configuration.</summary>
    /// <exception cref="StartRefusedException">A setting is wrong. The text names it.</exception>
    public static void Check(IConfiguration configuration)
    {
        CheckLogging(configuration.GetSection("Logging"));
        RequireKnown(configuration.GetSection("Kestrel"), "Endpoints", "EndpointDefaults", "Certificates");
        CheckEndpoint(configuration.GetSection("Kestrel:EndpointDefaults"));
        foreach (var endpoint in configuration.GetSection("Kestrel:Endpoints").GetChildren())
            CheckEndpoint(endpoint);
        foreach (var certificate in configuration.GetSection("Kestrel:Certificates").GetChildren())
            CheckCertificate(certificate);
        CheckTelemetry(configuration);
    }

    /// <summary>Checks the files of settings themselves, before they are read.</summary>
    /// <exception cref="StartRefusedException">A file can't be read.</exception>
    public static void CheckFiles(string? environment)
    {
        foreach (var path in new[] { "appsettings.json", $"appsettings.{environment ?? Environments.Production}.json" })
        {
            if ((File.Exists(path) || Directory.Exists(path)) && SettingFile.Wrong(Path.GetFullPath(path)) is { } wrong)
                throw new StartRefusedException(
                    $"The settings in {path} can't be read: it {wrong}. Correct or remove it.");
        }
    }

    private static void CheckLogging(IConfigurationSection logging)
    {
        // Of all providers (Logging:LogLevel) and of each (Logging:Console:LogLevel).
        var levels = logging.GetChildren().Select(provider =>
            provider.GetSection("LogLevel")).Prepend(logging.GetSection("LogLevel"));
        foreach (var level in levels.SelectMany(section => section.GetChildren()))
            RequireName<LogLevel>(level);
        CheckConsole(logging.GetSection("Console"));
    }

    private static void CheckConsole(IConfigurationSection console)
    {
        RequireOneOf(console, "FormatterName", Formatters);
        RequireName<LogLevel>(console.GetSection("LogToStandardErrorThreshold"));
        RequireName<ConsoleLoggerQueueFullMode>(console.GetSection("QueueFullMode"));
        var length = console.GetSection("MaxQueueLength");
        if (length.Value is { Length: > 0 } value
            && !(int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0))
            throw Wrong(length.Path, "must be a number above 0.");
        var format = console.GetSection("FormatterOptions");
        RequireName<LoggerColorBehavior>(format.GetSection("ColorBehavior"));
        // The console itself still reads what its formatters replaced.
        foreach (var section in new[] { console, format })
        {
            foreach (var name in new[] { "IncludeScopes", "UseUtcTimestamp", "SingleLine", "DisableColors" })
                RequireOneOf(section, name, ["true", "false"]);
            var timestamp = section.GetSection("TimestampFormat");
            if (!IsTimestampFormat(timestamp.Value))
                throw Wrong(timestamp.Path, "must be a format of .NET for dates and times, such as 'HH:mm:ss '.");
        }
    }

    private static bool IsTimestampFormat(string? format)
    {
        try
        {
            DateTimeOffset.UnixEpoch.ToString(format, CultureInfo.InvariantCulture);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static void CheckEndpoint(IConfigurationSection endpoint)
    {
        RequireKnown(endpoint, "Url", "Protocols", "SslProtocols", "Certificate", "ClientCertificateMode", "Sni");
        RequireName<HttpProtocols>(endpoint.GetSection("Protocols"));
        RequireName<ClientCertificateMode>(endpoint.GetSection("ClientCertificateMode"));
        foreach (var protocol in endpoint.GetSection("SslProtocols").GetChildren())
            RequireName<SslProtocols>(protocol);
        CheckCertificate(endpoint.GetSection("Certificate"));
        foreach (var name in endpoint.GetSection("Sni").GetChildren())
        {
            RequireName<HttpProtocols>(name.GetSection("Protocols"));
            RequireName<ClientCertificateMode>(name.GetSection("ClientCertificateMode"));
            CheckCertificate(name.GetSection("Certificate"));
        }

        if (endpoint.Key.Equals("Grpc", StringComparison.OrdinalIgnoreCase)
            && endpoint["Protocols"] is { Length: > 0 } protocols
            && !Enum.Parse<HttpProtocols>(protocols, ignoreCase: true).HasFlag(HttpProtocols.Http2))
            throw Wrong($"{endpoint.Path}:Protocols", "must include HTTP/2, which gRPC needs: Http2.");
    }

    private static void CheckCertificate(IConfigurationSection certificate)
    {
        foreach (var file in new[] { certificate.GetSection("Path"), certificate.GetSection("KeyPath") })
        {
            if (file.Value is { Length: > 0 } path && SettingFile.Wrong(path) is { } wrong)
                throw Wrong(file.Path, $"{wrong}. It must name a certificate's file.");
        }
    }

    private static void CheckTelemetry(IConfiguration configuration)
    {
        foreach (var signal in new[] { "", "METRICS_", "TRACES_" })
        {
            RequireOneOf(configuration, $"{OtlpPrefix}{signal}PROTOCOL", OtlpProtocols);
            RequireMilliseconds(configuration, $"{OtlpPrefix}{signal}TIMEOUT");
            RequirePairs(configuration, $"{OtlpPrefix}{signal}HEADERS");
        }

        RequireOneOf(configuration, $"{OtlpPrefix}METRICS_TEMPORALITY_PREFERENCE", ["cumulative", "delta",
            "lowmemory"]);
        RequireMilliseconds(configuration, "OTEL_METRIC_EXPORT_INTERVAL");
        RequireMilliseconds(configuration, "OTEL_METRIC_EXPORT_TIMEOUT");
        RequireMilliseconds(configuration, "OTEL_BSP_SCHEDULE_DELAY");
        RequireMilliseconds(configuration, "OTEL_BSP_EXPORT_TIMEOUT");
        RequireOneOf(configuration, "OTEL_TRACES_EXPORTER", ["otlp", "none"]);
        RequirePairs(configuration, "OTEL_RESOURCE_ATTRIBUTES");
        RequireOneOf(configuration, "OTEL_SDK_DISABLED", ["true", "false"]);
    }

    // A mistyped key would leave the default in force, in silence.
    private static void RequireKnown(IConfigurationSection section, params string[] known)
    {
        foreach (var setting in section.GetChildren())
        {
            if (!known.Contains(setting.Key, StringComparer.OrdinalIgnoreCase))
                throw Wrong(setting.Path, $"is no setting of {section.Path}, which has {string.Join(", ", known)}.");
        }
    }

    private static void RequireName<T>(IConfigurationSection setting)
        where T : struct, Enum
    {
        // Enum.Parse would take numbers, and lists of names.
        var names = Enum.GetNames<T>();
        if (setting.Value is { Length: > 0 } value && !names.Contains(value, StringComparer.OrdinalIgnoreCase))
            throw Wrong(setting.Path, $"must be one of {string.Join(", ", names)}.");
    }

    private static void RequireOneOf(IConfiguration configuration, string variable, string[] allowed)
    {
        if (configuration[variable] is { Length: > 0 } value && !allowed.Contains(value,
            StringComparer.OrdinalIgnoreCase))
            throw Wrong(configuration.GetSection(variable).Path, $"must be one of {string.Join(", ", allowed)}.");
    }

    private static void RequireMilliseconds(IConfiguration configuration, string variable)
    {
        if (configuration[variable] is { Length: > 0 } value
            && !(int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var time) && time > 0))
            throw Wrong(variable, "must be a number of milliseconds above 0.");
    }

    private static void RequirePairs(IConfiguration configuration, string variable)
    {
        // The value may be a credential: it isn't repeated.
        if (configuration[variable] is { Length: > 0 } value
            && value.Split(',').Any(pair => pair.Trim().IndexOf('=', StringComparison.Ordinal) <= 0))
            throw Wrong(variable, "must be a list such as name=value,name=value.");
    }

    private static StartRefusedException Wrong(string key, string rule) => new($"A setting is wrong. {key} {rule}");
}
