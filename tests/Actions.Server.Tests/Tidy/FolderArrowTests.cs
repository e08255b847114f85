using System.Text.RegularExpressions;

namespace Actions.Server.Tests.Tidy;

/// <summary>
/// The tables under "Arrows between folders" in ARCHITECTURE.md: a fenced block per project, its first line the
/// project's
/// name. A run leaves the tables as the code has them in artifacts/test/folder-arrows-*.txt, ready to paste.
/// </summary>
public sealed partial class FolderArrowTests
{
    private static readonly (string Path, string Text)[] Sample =
    [
        ("Program.cs", "namespace P; class Program { void Main() { var a = Down.A.Make(); } }"),
        ("Down/A.cs", "namespace P.Down; class A { public static A Make() => new(); public P.Deep.B? Next; }"),
        ("Down/Deep/B.cs", "namespace P.Deep; /* P.Program */ class B { string P => nameof(Down); }"),
    ];

    public static TheoryData<string> Projects => [.. FoldersByProject.Keys];

    private static Dictionary<string, List<string>> FoldersByProject { get; } = Repository.Sources
        .Where(path => path.StartsWith("src/", StringComparison.Ordinal) && path.Split('/').Length > 3)
        .GroupBy(path => path.Split('/')[1]).ToDictionary(files => files.Key, files => files.ToList());

    [Fact]
    public void UsedFolders_AreFound() =>
        FolderArrows.Print(FolderArrows.Of("Sample", Sample)).ShouldBe(". -> Down\nDown -> Down/Deep\n");

    [Fact]
    public void DifferencesOfTables_AreFound()
    {
        var table = FolderArrows.Parse([". -> Down, Up", "Down -> Down/Deep"]);
        var code = FolderArrows.Parse([". -> Down", "Down -> Down/Deep, Up"]);

        FolderArrows.Missing(code, from: table).ShouldBe(["Down -> Up"]);
        FolderArrows.Missing(table, from: code).ShouldBe([". -> Up"]);
    }

    [Fact]
    public void Cycles_AreFound()
    {
        FolderArrows.Cycle(FolderArrows.Parse([". -> A, B", "A -> B, C", "B -> C"])).ShouldBeEmpty();
        FolderArrows.Cycle(FolderArrows.Parse([". -> A", "A -> B", "B -> C", "C -> A, D"])).ShouldBe([".", "A", "B", "C"]);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_UseWhatTheTableAllows(string project)
    {
        var folder = $"src/{project}/";
        var used = FolderArrows.Of(
            project,
            Repository.Sources.Where(path => path.StartsWith(folder, StringComparison.Ordinal))
                .Select(path => (path[folder.Length..], Repository.Read(path))));
        Report.Write($"folder-arrows-{project}.txt", $"```text\n{project}\n{FolderArrows.Print(used)}```\n");
        used.ShouldNotBeEmpty();
        Tables().ShouldContainKey(project);
        var allowed = Tables()[project];
        FolderArrows.Missing(used, from: allowed).ShouldBeEmpty("not in the table of ARCHITECTURE.md");
        FolderArrows.Missing(allowed, from: used).ShouldBeEmpty("in the table of ARCHITECTURE.md, and not used");
        FolderArrows.Cycle(allowed).ShouldBeEmpty("folders that use each other in circles");
    }

    private static Dictionary<string, SortedDictionary<string, SortedSet<string>>> Tables()
    {
        var section = Section().Match(Repository.Read("ARCHITECTURE.md")).Groups[1].Value;
        return Block().Matches(section).Select(block => block.Groups[1].Value.Trim().Split('\n')).ToDictionary(
            lines => lines[0].Trim(), lines => FolderArrows.Parse(lines.Skip(1)));
    }

    [GeneratedRegex(@"^#+ Arrows between folders$(.*?)(?=^#+ |\z)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Section();

    [GeneratedRegex(@"^```\w*\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
