using Actions.Server.Configuration;

namespace Actions.Server.Conversations;

internal static class ConversationsRegistration
{
    /// <summary>Registers what executions with a call_id need. Needs the engine, the store and the lifecycle.</summary>
    public static IServiceCollection AddConversations(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<CallsOptions>(configuration, CallsOptions.Section);
        services.AddSingleton<DetachedRuns>();
        services.AddSingleton<Runs>();
        services.AddSingleton<RunRecords>();
        services.AddSingleton<RunWriter>();
        services.AddSingleton<Claims>();
        services.AddSingleton<CallMemory>();
        services.AddSingleton<RunPump>();
        services.AddSingleton<CallExecutions>();
        services.AddSingleton<Attachments>();
        services.AddSingleton<CallBook>();
        services.AddHostedService(provider => provider.GetRequiredService<RunWriter>());
        services.AddHostedService<CallWatch>();
        return services;
    }
}
