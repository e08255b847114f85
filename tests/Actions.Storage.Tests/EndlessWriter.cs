using System.Diagnostics;

namespace Actions.Storage.Tests;

/// <summary>Creates actions until it is killed, and prints the id of each one that was acknowledged.</summary>
internal static class EndlessWriter
{
    public const string Argument = "write-until-killed";

    public static async Task<int> RunAsync(string path)
    {
        using var host = new StoreHost(StoreHost.SqliteAt(path), TimeProvider.System);
        await host.Store.InitializeAsync(CancellationToken.None);
        while (true)
        {
            var stored = await host.Store.CreateAsync(
                "workspace", ActionStoreContract.NewAction($"{Guid.NewGuid()}"), CancellationToken.None);
            Console.WriteLine(stored.Id);
        }
    }

    public static Process Start(string path)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        // The tests run as their own executable or, where somebody prefers it, as `dotnet Actions.Storage.Tests.dll`.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(EndlessWriter).Assembly.Location);
        start.ArgumentList.Add(Argument);
        start.ArgumentList.Add(path);
        return Process.Start(start)!;
    }
}
