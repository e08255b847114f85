namespace Actions.Server.Commands;

/// <summary>What the program does instead of serving. Settings, which are arguments too, begin with a dash.</summary>
internal static class CommandLine
{
    public static bool IsCommand(string[] args) => args is [[not '-' and not '/', ..] first, ..] && !first.Contains('=', StringComparison.Ordinal);

    /// <returns>The exit code of the process: 2 for a command that can't be understood.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            return args switch
            {
                ["key", .. var rest] => await KeyCommand.RunAsync(rest),
                ["secrets", "rewrap", .. var settings] => await RewrapCommand.RunAsync(settings),
                ["copy", .. var rest] => await CopyCommand.RunAsync(rest),
                ["healthcheck", .. var rest] => await HealthCheckCommand.RunAsync(new CommandArguments(rest)),
                _ => throw new UsageException($"There is no command '{args[0]}'."),
            };
        }
        catch (UsageException e)
        {
            await Console.Error.WriteLineAsync($"{e.Message}\n{KeyCommand.Usage}\n{RewrapCommand.Usage}\n{CopyCommand.Usage}\n{HealthCheckCommand.Usage}");
            return 2;
        }
    }
}
