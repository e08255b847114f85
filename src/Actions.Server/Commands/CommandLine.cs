using System.CommandLine;
using Actions.Server.Startup;

namespace Actions.Server.Commands;

/// <summary>The program's command line. Without a command it runs the server.</summary>
internal static class CommandLine
{
    private const int WrongUsage = 2;

    /// <param name="serve">Runs the server with these settings until it is stopped.</param>
    /// <returns>The exit code of the process: 1 for a failure, 2 for wrong usage, each with one line on standard
    /// error.</returns>
    public static async Task<int> RunAsync(string[] args, Func<string[], Task> serve)
    {
        var settings = SettingArguments.Create();
        var root = new RootCommand("A gRPC server that stores custom HTTP actions and executes them for voice engines.")
        {
            settings, KeyCommand.Create(), RewrapCommand.Create(), CopyCommand.Create(), HealthCheckCommand.Create(),
        };
        root.SetAction(async (_, _) =>
        {
            await serve(args);
            return 0;
        });

        // No response files: a value may begin with '@'.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var command = parsed.CommandResult.Command;
        if (parsed.Errors.Count > 0)
            return await RefuseAsync(string.Join(' ', parsed.Errors.Select(error => error.Message)), command);
        try
        {
            // The server handles signals and exceptions itself.
            return await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (UsageException e)
        {
            return await RefuseAsync(e.Message, command);
        }
        catch (Exception e)
        {
            var reason = StartFailure.Explain(e);
            await Console.Error.WriteLineAsync($"{(command == root ? "The server can't start" : "The command failed")}: {reason}");
            return 1;
        }
    }

    private static async Task<int> RefuseAsync(string message, Command command)
    {
        var words = new List<string> { "--help" };
        for (Symbol? part = command; part is Command and not RootCommand; part = part.Parents.FirstOrDefault())
            words.Insert(0, part.Name);
        // The parser's own texts span several lines if they list values.
        var line = string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        await Console.Error.WriteLineAsync($"{line} See {string.Join(' ', words)}.");
        return WrongUsage;
    }
}
