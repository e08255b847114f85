using System.CommandLine;
using System.Globalization;
using Actions.Engine.Limits;
using Actions.Server.Access;
using Actions.Storage;
using Actions.Storage.Registration;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Commands;

/// <summary>
/// <c>key create|list|revoke</c>: manages the keys in the configured store, for operators of the server. A running
/// server on the same store applies a change within seconds.
/// </summary>
internal static class KeyCommand
{
    private static readonly Option<string> Workspace = new("--workspace")
    {
        Required = true, HelpName = "name", Description = "The workspace of the key.",
    };
    private static readonly Option<string> RoleName = new("--role")
    {
        Required = true, Description = "The role of calls with the key.",
    };
    private static readonly Option<string> DisplayName = new("--name")
    {
        HelpName = "text", Description = "A display name.", DefaultValueFactory = _ => "",
    };
    private static readonly Option<int?> Days = new("--days") { HelpName = "number", Description = "Days until the key expires." };
    private static readonly Option<string> Id = new("--id") { Required = true, HelpName = "id", Description = "The key's id." };

    static KeyCommand()
    {
        RoleName.AcceptOnlyFromAmong("engine", "editor", "admin");
        Workspace.Validators.Add(result =>
        {
            if (!AccessOptions.IsWorkspace(result.GetValueOrDefault<string>()))
                result.AddError($"--workspace {AccessOptions.WorkspaceRule}");
        });
        Days.Validators.Add(result =>
        {
            if (!int.TryParse(result.Tokens is [var token] ? token.Value : "", CultureInfo.InvariantCulture, out var days) || days is < 1 or > 36_500)
                result.AddError("--days must be 1 to 36500.");
        });
    }

    public static Command Create()
    {
        var create = new Command("create", "Creates a key and prints it.") { Workspace, RoleName, DisplayName, Days };
        create.SetAction((parsed, token) => RunAsync(host => CreateAsync(host.Services, parsed, token), token));
        var list = new Command("list", "Lists the keys of a workspace.") { Workspace };
        list.SetAction((parsed, token) => RunAsync(host => ListAsync(host.Services, parsed, token), token));
        var revoke = new Command("revoke", "Revokes a key.") { Workspace, Id };
        revoke.SetAction((parsed, token) => RunAsync(host => RevokeAsync(host.Services, parsed, token), token));
        return new Command("key", "API keys in the configured store.") { create, list, revoke };
    }

    private static async Task<int> RunAsync(Func<IHost, Task<int>> command, CancellationToken cancellationToken)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddActionStore(builder.Configuration);
        using var host = builder.Build();
        host.Services.GetService<Microsoft.Extensions.Options.IStartupValidator>()?.Validate();
        await host.Services.GetRequiredService<IActionStore>().InitializeAsync(cancellationToken);
        return await command(host);
    }

    private static async Task<int> CreateAsync(IServiceProvider services, ParseResult parsed, CancellationToken cancellationToken)
    {
        var workspace = parsed.GetRequiredValue(Workspace);
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        var wanted = new CallerKey { DisplayName = parsed.GetValue(DisplayName), Role = Roles.Parse(parsed.GetRequiredValue(RoleName)) };
        if (parsed.GetValue(Days) is { } days)
            wanted.ExpireTime = Timestamp.FromDateTimeOffset(now.AddDays(days));
        try
        {
            var issued = ApiKeyIssue.Make(workspace, wanted, "", now);
            await services.GetRequiredService<IApiKeyStore>().AddAsync(issued.Stored, cancellationToken);
            // Only the key goes to standard output, so that a script can read it.
            await Console.Error.WriteLineAsync(
                $"Key {issued.Stored.Key.Id} of workspace '{workspace}', role {Roles.NameOf(wanted.Role)}. It is shown only now:");
            Console.WriteLine(issued.Text);
            return 0;
        }
        catch (InvalidFieldsException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static async Task<int> ListAsync(IServiceProvider services, ParseResult parsed, CancellationToken cancellationToken)
    {
        const int Page = 200;
        var keys = services.GetRequiredService<IApiKeyStore>();
        for (var after = ""; ;)
        {
            var page = await keys.ListAsync(parsed.GetRequiredValue(Workspace), after, Page, cancellationToken);
            foreach (var key in page)
                Console.WriteLine($"{key.Id}  {Roles.NameOf(key.Role),-6}  {key.CreateTime.ToDateTimeOffset():u}  {StateOf(key)}  {key.DisplayName}");
            if (page.Count < Page)
                return 0;
            after = page[^1].Id;
        }
    }

    private static string StateOf(CallerKey key) => key switch
    {
        { RevokeTime: { } time } => $"revoked {time.ToDateTimeOffset():u}",
        { ExpireTime: { } time } => $"expires {time.ToDateTimeOffset():u}",
        _ => "valid",
    };

    private static async Task<int> RevokeAsync(IServiceProvider services, ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            var key = await services.GetRequiredService<IApiKeyStore>()
                .RevokeAsync(parsed.GetRequiredValue(Workspace), parsed.GetRequiredValue(Id), cancellationToken);
            Console.WriteLine($"{key.Id} is revoked.");
            return 0;
        }
        catch (ApiKeyNotFoundException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }
}
