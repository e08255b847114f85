using Actions.Server;
using Actions.Server.Access;
using Actions.Server.Commands;
using Actions.Server.Hosting;
using Actions.Server.Introspection;
using Actions.Server.Lifecycle;
using Actions.Server.Secrets;
using Actions.Server.Store;
using Actions.Server.Telemetry;

try
{
    if (CommandLine.IsCommand(args))
        return await CommandLine.RunAsync(args);

    var builder = WebApplication.CreateBuilder(args);
    builder.AddListeners();
    builder.Services.AddServerOptions(builder.Configuration);
    builder.Services.AddStore(builder.Configuration);
    builder.Services.AddEngine(builder.Configuration);
    builder.Services.AddAccess(builder.Configuration);
    builder.Services.AddActionServices();
    builder.Services.AddLifecycle(builder.Configuration);
    builder.Services.AddSecrets(builder.Configuration);
    builder.Services.AddIntrospection();
    builder.Services.AddTelemetry(builder.Configuration);

    var app = builder.Build();
    app.UseErrorDetails();
    app.UseAccess();
    app.MapActionServices();
    app.MapIntrospection();
    app.MapLifecycle();
    await app.RunAsync();
    return 0;
}
catch (Exception e) when (StartFailure.Explain(e) is { } reason)
{
    await Console.Error.WriteLineAsync($"{(CommandLine.IsCommand(args) ? "The command failed" : "The server can't start")}: {reason}");
    return 1;
}
