using Actions.Engine.Limits;
using Actions.Server.Access;
using Actions.Storage;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Commands;

/// <summary>
/// <c>key create|list|revoke</c>: the keys of the store that the settings name, for whoever may run the server. A server
/// that runs on the same store learns of it within seconds.
/// </summary>
internal static class KeyCommand
{
    public const string Usage = """
        key create --workspace W --role engine|editor|admin [--name TEXT] [--days N]
        key list   --workspace W
        key revoke --workspace W --id ID
        """;

    /// <returns>The exit code of the process.</returns>
    /// <exception cref="UsageException">It can't be understood.</exception>
    public static Task<int> RunAsync(string[] args) => RunAsync(args is [var verb, ..] ? verb : "", new CommandArguments(args.Skip(1)));

    private static async Task<int> RunAsync(string verb, CommandArguments args)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddActionStore(builder.Configuration);
        using var host = builder.Build();
        host.Services.GetService<Microsoft.Extensions.Options.IStartupValidator>()?.Validate();

        var workspace = args.Required("workspace");
        if (!AccessOptions.IsWorkspace(workspace))
            throw new UsageException($"--workspace {AccessOptions.WorkspaceRule}");
        await host.Services.GetRequiredService<IActionStore>().InitializeAsync(CancellationToken.None);
        var keys = host.Services.GetRequiredService<IApiKeyStore>();
        switch (verb)
        {
            case "create":
                await CreateAsync(keys, workspace, args, host.Services.GetRequiredService<TimeProvider>().GetUtcNow());
                return 0;
            case "list":
                args.Finished();
                await ListAsync(keys, workspace);
                return 0;
            case "revoke":
                return await RevokeAsync(keys, workspace, args);
            default:
                throw new UsageException($"There is no 'key {verb}'.");
        }
    }

    private static async Task CreateAsync(IApiKeyStore keys, string workspace, CommandArguments args, DateTimeOffset now)
    {
        var wanted = new CallerKey { DisplayName = args.Optional("name") ?? "", Role = Roles.Parse(args.Required("role")) };
        if (wanted.Role == Role.Unspecified)
            throw new UsageException("--role must be engine, editor or admin.");
        if (args.Optional("days") is { } days)
            wanted.ExpireTime = int.TryParse(days, System.Globalization.CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 36_500
                ? Timestamp.FromDateTimeOffset(now.AddDays(number))
                : throw new UsageException("--days must be 1 to 36500.");
        args.Finished();
        try
        {
            var issued = ApiKeyIssue.Make(workspace, wanted, "", now);
            await keys.AddAsync(issued.Stored, CancellationToken.None);
            // Alone on standard output, so that a script can take it from there.
            await Console.Error.WriteLineAsync(
                $"Key {issued.Stored.Key.Id} of workspace '{workspace}', role {Roles.NameOf(wanted.Role)}. It is shown only now:");
            Console.WriteLine(issued.Text);
        }
        catch (InvalidFieldsException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static async Task ListAsync(IApiKeyStore keys, string workspace)
    {
        const int Page = 200;
        for (var after = ""; ;)
        {
            var page = await keys.ListAsync(workspace, after, Page, CancellationToken.None);
            foreach (var key in page)
                Console.WriteLine($"{key.Id}  {Roles.NameOf(key.Role),-6}  {key.CreateTime.ToDateTimeOffset():u}  {StateOf(key)}  {key.DisplayName}");
            if (page.Count < Page)
                return;
            after = page[^1].Id;
        }
    }

    private static string StateOf(CallerKey key) => key switch
    {
        { RevokeTime: { } time } => $"revoked {time.ToDateTimeOffset():u}",
        { ExpireTime: { } time } => $"expires {time.ToDateTimeOffset():u}",
        _ => "valid",
    };

    private static async Task<int> RevokeAsync(IApiKeyStore keys, string workspace, CommandArguments args)
    {
        var id = args.Required("id");
        args.Finished();
        try
        {
            var key = await keys.RevokeAsync(workspace, id, CancellationToken.None);
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
