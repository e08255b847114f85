namespace Actions.Server.Tests.Tidy;

/// <summary>The files that people write.</summary>
internal static class Repository
{
    private static readonly HashSet<string> Generated =
        new(StringComparer.Ordinal) { ".git", "bin", "obj", "artifacts", "data", "gen", "node_modules", "__pycache__", ".vs", ".idea" };

    private static readonly HashSet<string> Binary = new(StringComparer.Ordinal) { ".snk", ".png", ".ico", ".gif", ".jpg", ".woff2" };

    public static DirectoryInfo Root { get; } = FindRoot();

    /// <summary>Paths from the root, with slashes.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. FilesOf(Root).Order(StringComparer.Ordinal)];

    /// <summary>Every C# file.</summary>
    public static IEnumerable<string> Sources => Files.Where(path => path.EndsWith(".cs", StringComparison.Ordinal));

    public static IEnumerable<string> Texts => Files.Where(path => !Binary.Contains(Path.GetExtension(path)));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root.FullName, path));

    private static IEnumerable<string> FilesOf(DirectoryInfo folder) =>
        // In a work tree of its own .git is a file, with an absolute path in it.
        folder.EnumerateFiles().Where(file => file.Name != ".git").Select(file => Path.GetRelativePath(Root.FullName, file.FullName).Replace('\\', '/'))
            .Concat(folder.EnumerateDirectories().Where(child => !Generated.Contains(child.Name)).SelectMany(FilesOf));

    private static DirectoryInfo FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Actions.Grpc.sln")))
                return folder;
        }

        throw new DirectoryNotFoundException("The tests run outside the repository.");
    }
}
