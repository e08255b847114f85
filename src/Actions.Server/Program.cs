using Actions.Server;
using Actions.Server.Access;
using Actions.Server.Commands;
using Actions.Server.Configuration;
using Actions.Server.Conversations;
using Actions.Server.History;
using Actions.Server.Hosting;
using Actions.Server.Introspection;
using Actions.Server.Lifecycle;
using Actions.Server.Logging;
using Actions.Server.Secrets;
using Actions.Server.Startup;
using Actions.Server.Store;
using Actions.Server.Strangers;
using Actions.Server.Telemetry;

return await CommandLine.RunAsync(args, ServeAsync);

static async Task ServeAsync(string[] settings)
{
    using var signals = new EarlySignals();
    FrameworkSettings.CheckFiles(Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT"));
    var builder = WebApplication.CreateBuilder(settings);
    FrameworkSettings.Check(builder.Configuration);
    builder.Services.AddSingleton(signals);
    builder.AddSizing();
    builder.AddListeners();
    builder.Services.AddSafeConsole();
    builder.Services.AddServerOptions(builder.Configuration);
    builder.Services.AddStore(builder.Configuration);
    builder.Services.AddEngine(builder.Configuration);
    builder.Services.AddStrangers(builder.Configuration);
    builder.Services.AddAccess(builder.Configuration);
    builder.Services.AddActionServices();
    builder.Services.AddConversations(builder.Configuration);
    builder.Services.AddHistory(builder.Configuration);
    builder.Services.AddLifecycle(builder.Configuration);
    builder.Services.AddStartup(builder.Configuration);
    builder.Services.AddSecrets(builder.Configuration);
    builder.Services.AddIntrospection();
    builder.Services.AddTelemetry(builder.Configuration);

    var app = builder.Build();
    app.UseAccess();
    app.MapActionServices();
    app.MapIntrospection();
    app.MapLifecycle();
    app.Lifetime.ApplicationStarted.Register(app.PrintBanner);
    await app.RunAsync();
}
