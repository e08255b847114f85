using System.ComponentModel;
using System.Diagnostics;

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

    // What git keeps, so that what else lies around in a checkout, such as a log, is nobody's business. Of an archive
    // without git's own files, everything.
    private static IEnumerable<string> FilesOf(DirectoryInfo root) => Tracked(root) ?? Everything(root);

    private static string[]? Tracked(DirectoryInfo root)
    {
        // A checkout may be somebody else's, which git asks about.
        var start = new ProcessStartInfo("git", ["-c", "safe.directory=*", "ls-files", "-z"])
        {
            WorkingDirectory = root.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var git = Process.Start(start)!;
            git.ErrorDataReceived += (_, _) => { };
            git.BeginErrorReadLine();
            var files = git.StandardOutput.ReadToEnd().Split('\0', StringSplitOptions.RemoveEmptyEntries);
            git.WaitForExit();
            return git.ExitCode == 0 && files.Length > 0
                ? [.. files.Where(path => File.Exists(Path.Combine(root.FullName, path)))]
                : null;
        }
        catch (Win32Exception)
        {
            return null; // There is no git.
        }
    }

    private static IEnumerable<string> Everything(DirectoryInfo folder) =>
        folder.EnumerateFiles().Where(file => file.Name != ".git")
            .Select(file => Path.GetRelativePath(Root.FullName, file.FullName).Replace('\\', '/'))
            .Concat(folder.EnumerateDirectories().Where(child => !Generated.Contains(child.Name)).SelectMany(Everything));

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
