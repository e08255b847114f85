namespace Actions.Engine.Tests;

/// <summary>Public test suites as data, which lie beside the checkout, not in it.</summary>
internal static class Suites
{
    /// <summary>Skips the test where the suites are absent.</summary>
    public static FileStream Open(string name)
    {
        var folder = Environment.GetEnvironmentVariable("ACTIONS_SUITES") ?? Path.Combine(Checkout(), "..", "shared", "suites");
        var file = Path.Combine(folder, name);
        Assert.SkipUnless(File.Exists(file), $"{name} is not here; ACTIONS_SUITES may name the folder that holds it.");
        return File.OpenRead(file);
    }

    public static string Checkout()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Actions.Grpc.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? AppContext.BaseDirectory;
    }
}
