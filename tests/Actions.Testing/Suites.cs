namespace Actions.Testing;

/// <summary>Public test suites as data, which lie beside the checkout, not in it.</summary>
internal static class Suites
{
    /// <summary>
    /// Reads a file of <c>ACTIONS_SUITES</c> or, when that is unset, of <c>suites</c> or <c>shared/suites</c> beside
    /// the
    /// checkout. Skips the test where the file is absent.
    /// </summary>
    public static FileStream Open(string name)
    {
        var beside = Path.Combine(Checkout(), "..");
        string[] folders = Environment.GetEnvironmentVariable("ACTIONS_SUITES") is { Length: > 0 } folder
            ? [folder]
            : [Path.Combine(beside, "suites"), Path.Combine(beside, "shared", "suites")];
        var file = folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(file is null, $"{name} is in no folder of suites: see CONTRIBUTING.md.");
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
