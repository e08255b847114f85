using Actions.Engine.Outbound.Guard;
using Actions.Server.Configuration;
using Actions.Server.Logging;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Actions.Server.Execution;

/// <summary>Registers the engine's guard for outbound calls, with the server's settings, listeners and log.</summary>
internal static class OutboundRegistration
{
    public static IServiceCollection AddSsrfGuard(this IServiceCollection services, IConfiguration configuration)
    {
        var section = configuration.GetSection(OutboundOptions.Section);
        services.AddSettings<OutboundOptions>(configuration, OutboundOptions.Section);
        services.AddOptions<OutboundOptions>().Configure(options =>
        {
            options.AllowedNetworks = Joined(section.GetSection(nameof(options.AllowedNetworks)), options.AllowedNetworks);
            options.AllowedHosts = Joined(section.GetSection(nameof(options.AllowedHosts)), options.AllowedHosts);
            options.DeniedHosts = Joined(section.GetSection(nameof(options.DeniedHosts)), options.DeniedHosts);
            options.TraceparentHosts = Joined(section.GetSection(nameof(options.TraceparentHosts)),
                options.TraceparentHosts);
            options.DeniedPorts = Joined(section.GetSection(nameof(options.DeniedPorts)), options.DeniedPorts);
        });
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider =>
        {
            var guard = new SsrfGuard(
                provider.GetRequiredService<IOptions<OutboundOptions>>().Value,
                new ListeningPorts(provider).Now,
                provider.GetRequiredService<TimeProvider>());
            var log = provider.GetRequiredService<ILogger<SsrfGuard>>();
            guard.Refused += refusal => log.OutboundCallRefused(refusal.Origin, refusal.Explanation);
            return guard;
        });
        return services;
    }

    /// <summary>A list can be configured as one value, or as one key per entry; the options hold one value.</summary>
    private static string Joined(IConfigurationSection list, string otherwise) =>
        list.GetChildren().Select(entry => entry.Value).ToList() is { Count: > 0 } entries
            ? string.Join(',', entries.Prepend(list.Value))
            : otherwise;
}
