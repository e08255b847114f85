using Actions.Server.Configuration;

namespace Actions.Server.Strangers;

internal static class StrangersRegistration
{
    /// <summary>What bounds clients without valid credentials.</summary>
    public static IServiceCollection AddStrangers(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<StrangerOptions>(configuration, StrangerOptions.Section);
        services.AddSingleton<StrangerLog>();
        services.AddSingleton<WrongKeys>();
        services.AddSingleton<OpenCalls>();
        return services;
    }
}
