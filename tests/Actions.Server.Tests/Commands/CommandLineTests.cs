namespace Actions.Server.Tests.Commands;

/// <summary>What the program does with its arguments, beside serving.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("There is no command 'sevre'.", "sevre")]
    [InlineData("There is no command 'help'.", "help")]
    [InlineData("There is no command '-v'.", "-v")]
    [InlineData("There is no option '--verison'.", "--verison")]
    [InlineData("There is no option '--port=5080'.", "--port=5080")]
    [InlineData("There is no option '--Storage__Sqlite__Path'.", "--Storage__Sqlite__Path", "other.db")]
    [InlineData("The setting '--Storage:Sqlite:Path' has no value.", "--Storage:Sqlite:Path")]
    [InlineData("There is no command 'sevre'.", "--Storage:Sqlite:Path=actions.db", "sevre")]
    public async Task WordThatMeansNothing_IsOneLineAndNoServer(string why, params string[] args)
    {
        var folder = Directory.CreateTempSubdirectory("actions-server-tests-");
        var database = Path.Combine(folder.FullName, "actions.db");
        try
        {
            var run = await CommandRun.OfAsync(args, ("Storage:Sqlite:Path", database));

            run.ExitCode.ShouldBe(2);
            run.Output.ShouldBeEmpty();
            run.Errors.ShouldStartWith(why);
            run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldHaveSingleItem().ShouldEndWith("See --help.");
            File.Exists(database).ShouldBeFalse();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("healthcheck", "--help")]
    [InlineData("--workspace", "key", "create", "--help")]
    [InlineData("rewrap", "secrets", "--help")]
    [InlineData("--from", "copy", "--help")]
    public async Task Help_IsPrinted(string expected, params string[] args)
    {
        var run = await CommandRun.OfAsync(args);

        (run.ExitCode, run.Errors).ShouldBe((0, ""));
        run.Output.ShouldContain("Usage:");
        run.Output.ShouldContain(expected);
    }

    [Fact]
    public async Task Version_IsPrinted()
    {
        var run = await CommandRun.OfAsync(["--version"]);

        (run.ExitCode, run.Errors).ShouldBe((0, ""));
        run.Output.ShouldMatch(@"^\d+\.\d+\.\d+\S*\n$");
    }

    [Theory]
    [InlineData("--Server:MaxPageSize=0")]
    [InlineData("--Server:MaxPageSize", "0")]
    [InlineData("/Server:MaxPageSize", "0")]
    [InlineData("Server:MaxPageSize=0")]
    public async Task Setting_ReachesTheServer(params string[] args)
    {
        var run = await CommandRun.OfAsync(args);

        run.ExitCode.ShouldBe(1);
        run.Errors.ShouldContain("Server:MaxPageSize");
        run.Errors.ShouldStartWith("The server can't start: ");
    }
}
