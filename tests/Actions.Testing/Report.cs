namespace Actions.Testing;

/// <summary>What a test has to show beside its outcome: a file in artifacts/test, which <c>make test</c>
/// prints.</summary>
internal static class Report
{
    public static void Write(string file, string text)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Suites.Checkout(), "artifacts", "test"));
        File.WriteAllText(Path.Combine(folder.FullName, file), text);
    }
}
