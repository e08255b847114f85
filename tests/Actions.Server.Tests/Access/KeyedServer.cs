using Actions.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Actions.Server.Tests.Access;

/// <summary>A server that asks for credentials, with an admin key from its settings.</summary>
internal sealed class KeyedServer : IAsyncDisposable
{
    private KeyedServer(RunningServer running, string adminKey) => (Running, AdminKey) = (running, adminKey);

    public RunningServer Running { get; }

    public string AdminKey { get; }

    public static async Task<KeyedServer> StartAsync(Dictionary<string, string>? settings = null, TimeProvider? time = null)
    {
        var adminKey = System.Security.Cryptography.RandomNumberGenerator.GetHexString(64);
        return new(await RunningServer.StartAsync(new(settings ?? []) { ["Access:AdminKey"] = adminKey }, time), adminKey);
    }

    public Clients As(string? key) => new(Running.Channel.Intercept(metadata =>
    {
        if (key is not null)
            metadata.Add("authorization", $"Bearer {key}");
        return metadata;
    }));

    /// <returns>Clients with a key of that role in the workspace.</returns>
    public async Task<Clients> MakeAsync(Role role, string workspace = "default") =>
        As(await KeyAsync(role, workspace));

    public async Task<string> KeyAsync(Role role, string workspace = "default")
    {
        if (workspace != "default")
        {
            // The API makes keys of its caller's workspace only; those of another come from the command line.
            var issued = Server.Access.ApiKeyIssue.Make(workspace, new() { Role = role }, "", TimeProvider.System.GetUtcNow());
            await Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions
                .GetRequiredService<Storage.IApiKeyStore>(Running.Services).AddAsync(issued.Stored, TestContext.Current.CancellationToken);
            return issued.Text;
        }

        return (await As(AdminKey).Keys.CreateApiKeyAsync(new() { ApiKey = new() { Role = role } })).Key;
    }

    public ValueTask DisposeAsync() => Running.DisposeAsync();

    internal sealed class Clients(CallInvoker calls)
    {
        public V1.ActionService.ActionServiceClient Actions { get; } = new(calls);

        public V1.ActionConfigService.ActionConfigServiceClient Configs { get; } = new(calls);

        public V1.ApiKeyService.ApiKeyServiceClient Keys { get; } = new(calls);

        public V1.ExecutionService.ExecutionServiceClient History { get; } = new(calls);

        public async Task<ActionConfig> CreateAsync(ActionConfig action) =>
            (await Configs.CreateActionConfigAsync(new() { ActionConfig = action })).ActionConfig;
    }
}
