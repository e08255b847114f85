using Actions.Server.Configuration;

namespace Actions.Server.History;

internal static class HistoryRegistration
{
    /// <summary>Records executions, and tells what was recorded. Needs <see cref="Storage.IHistoryStore"/>.</summary>
    public static IServiceCollection AddHistory(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<HistoryOptions>(configuration, HistoryOptions.Section);
        services.AddSingleton<HistoryAccess>();
        services.AddSingleton<ExecutionRecorder>();
        services.AddHostedService<HistoryWriter>();
        services.AddHostedService<HistoryPurge>();
        return services;
    }
}
