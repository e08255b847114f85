using System.Text.RegularExpressions;
using System.Xml.Linq;
using Actions.Server.Configuration;
using Actions.Server.Errors;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Actions.Server.Tests.Tidy;

/// <summary>What can be checked of the house rules, is.</summary>
public sealed partial class TidyTests
{
    private const int MaxFileLines = 400;
    private const int MaxMethodLines = 70;
    private const int MaxProgramLines = 60;
    private const int MaxLineLength = 120;

    // From before this was checked. Lower it when some are wrapped, never raise it.
    private const int KnownLongLines = 1283;

    // A project may reference these projects. What is not in this table has no business under src/.
    private static readonly Dictionary<string, string[]> AllowedProjects = new()
    {
        ["Actions.Contract"] = [],
        ["Actions.Engine"] = ["Actions.Contract"],
        ["Actions.Storage"] = ["Actions.Contract"],
        ["Actions.Server"] = ["Actions.Contract", "Actions.Engine", "Actions.Storage"],
    };

    private static readonly string[] DatabaseDrivers =
        ["Microsoft.Data.", "System.Data.", "Microsoft.EntityFrameworkCore", "MongoDB.", "SQLite", "Npgsql", "Dapper"];
    private static readonly string[] WebFrameworks = ["Microsoft.AspNetCore", "Grpc."];

    // Packages, and assemblies really used, that each project keeps out.
    private static readonly Dictionary<string, string[]> KeptOut = new()
    {
        ["Actions.Contract"] = [.. DatabaseDrivers, "Microsoft.AspNetCore", "Grpc.AspNetCore"],
        ["Actions.Engine"] = [.. DatabaseDrivers, .. WebFrameworks],
        ["Actions.Storage"] = [.. WebFrameworks],
        ["Actions.Server"] = [.. DatabaseDrivers],
    };

    private static readonly string[] MeaninglessNames = ["Domain", "Application", "Infrastructure", "Abstractions", "Shared", "Common"];

    [Fact]
    public void Projects_ReferenceOnlyWhatTheTableAllows()
    {
        var projects = Repository.Files.Where(path => SourceProject().IsMatch(path)).ToList();
        projects.ShouldNotBeEmpty();
        var wrong = new List<string>();
        foreach (var path in projects)
        {
            var name = Path.GetFileNameWithoutExtension(path);
            var project = XDocument.Parse(Repository.Read(path));
            if (!AllowedProjects.TryGetValue(name, out var allowed))
            {
                wrong.Add($"{path} is in no table: say in TidyTests what it may reference");
                continue;
            }

            wrong.AddRange(Included(project, "ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Replace('\\', '/')))
                .Except(allowed).Select(reference => $"{path} references {reference}"));
            wrong.AddRange(Included(project, "PackageReference").Concat(Included(project, "FrameworkReference"))
                .Where(package => StartsWithAny(package, KeptOut[name])).Select(package => $"{path} references {package}"));
        }

        // Only tests use the server.
        wrong.AddRange(Repository.Files
            .Where(path => path.EndsWith(".csproj", StringComparison.Ordinal) && path.StartsWith("src/", StringComparison.Ordinal))
            .Where(path => Included(XDocument.Parse(Repository.Read(path)), "ProjectReference")
                .Any(reference => reference.EndsWith("Actions.Server.csproj", StringComparison.Ordinal)))
            .Select(path => $"{path} references Actions.Server"));
        wrong.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(typeof(Engine.ActionEngine))]
    [InlineData(typeof(Actions.Storage.IActionStore))]
    [InlineData(typeof(RpcErrors))]
    public void Assemblies_UseNothingThatTheirProjectKeepsOut(Type type)
    {
        var assembly = type.Assembly.GetName().Name!;

        type.Assembly.GetReferencedAssemblies().Select(used => used.Name!)
            .Where(used => StartsWithAny(used, KeptOut[assembly])).ShouldBeEmpty();
    }

    [Fact]
    public void FoldersAndNamespaces_SayWhatIsInside()
    {
        // The name of the assembly that it stands in for.
        const string exception = "Grpc.Net.Common";

        Repository.Files.Select(path => Path.GetDirectoryName(path)!.Replace('\\', '/')).Distinct()
            .Where(folder => folder.Replace(exception, "", StringComparison.Ordinal).Split('/', '.')
                .Any(segment => MeaninglessNames.Contains(segment, StringComparer.OrdinalIgnoreCase)))
            .ShouldBeEmpty();
        foreach (var path in Repository.Sources)
        {
            foreach (var declared in CSharpSource.Find<BaseNamespaceDeclarationSyntax>(path))
            {
                var segments = declared.Name.ToString().Split('.');
                segments.ShouldNotContain(segment => MeaninglessNames.Contains(segment), path);
                // These would hide Grpc.Core and System.Console.
                segments.Skip(1).Where(segment => segments[0] == "Actions" && segment is "Grpc" or "Console").ShouldBeEmpty(path);
            }
        }
    }

    [Fact]
    public void Types_AreNamedForWhatTheyAre()
    {
        foreach (var path in Repository.Sources)
            CSharpSource.Find<BaseTypeDeclarationSyntax>(path).Select(type => type.Identifier.Text)
                .Where(name => MeaninglessType().IsMatch(name)).ShouldBeEmpty(path);
    }

    [Fact]
    public void Files_AreShort() =>
        Repository.Files.Where(path => HandWritten().IsMatch(path))
            .Select(path => (Path: path, Lines: Repository.Read(path).AsSpan().Count('\n')))
            .Where(file => file.Lines > MaxFileLines).ShouldBeEmpty();

    [Fact]
    public void Lines_AreShort() =>
        Repository.Sources.Sum(path => Repository.Read(path).Split('\n').Count(line => line.TrimEnd('\r').Length > MaxLineLength))
            .ShouldBeLessThanOrEqualTo(KnownLongLines, "lines over 120 characters: wrap the new ones");

    // macOS has bash 3.2 and BSD's tools.
    [Fact]
    public void Scripts_AskForNoGnuToolsAndNoNewerBash()
    {
        foreach (var path in Repository.Files.Where(path => path.EndsWith(".sh", StringComparison.Ordinal) || path is "Makefile" or ".ci/run"))
            NotPortable().Matches(Repository.Read(path)).Select(match => match.Value).ShouldBeEmpty(path);
    }

    [Theory]
    [InlineData("timeout 5 x")]
    [InlineData("x | timeout --kill-after=1 5 y")]
    [InlineData("${name^^}")]
    [InlineData("${name,,}")]
    [InlineData("sed -i s/a/b/ x")]
    [InlineData("coproc x")]
    [InlineData("mapfile -t lines")]
    [InlineData("declare -A table")]
    [InlineData("readlink -f x")]
    [InlineData("PYTHON=${PYTHON:-/usr/bin/python3}")]
    public void GnuToolsAndNewerBash_AreFound(string script) => NotPortable().IsMatch(script).ShouldBeTrue();

    [Fact]
    public void Methods_AreShort()
    {
        var methods = Repository.Sources.SelectMany(CSharpSource.Find<BaseMethodDeclarationSyntax>).ToList();

        methods.Count.ShouldBeGreaterThan(500);
        methods.Select(method => (method.SyntaxTree.FilePath, method.SpanStart, Lines: CSharpSource.LinesOf(method)))
            .Where(method => method.Lines > MaxMethodLines).ShouldBeEmpty();
    }

    [Fact]
    public void Tests_AreNamedForAConditionAndItsOutcome()
    {
        var names = Repository.Sources.Where(path => path.StartsWith("tests/", StringComparison.Ordinal))
            .SelectMany(CSharpSource.Find<MethodDeclarationSyntax>)
            .Where(method => CSharpSource.HasAttribute(method, "Fact", "Theory")).Select(method => method.Identifier.Text).ToList();

        names.Count.ShouldBeGreaterThan(100);
        names.Where(name => name.Split('_') is not [{ Length: > 0 }, { Length: > 0 }]).ShouldBeEmpty();
    }

    [Fact]
    public void ProgramOfTheServer_IsATableOfContents() =>
        Repository.Read("src/Actions.Server/Program.cs").AsSpan().Count('\n').ShouldBeLessThan(MaxProgramLines);

    [Fact]
    public void Files_LeaveNothingForLater()
    {
        foreach (var path in Repository.Texts)
        {
            Unfinished().Matches(Repository.Read(path)).Select(match => match.Value).ShouldBeEmpty(path);
            NotImplemented().Matches(Repository.Read(path)).ShouldBeEmpty(path);
        }
    }

    [Fact]
    public void NoFile_NamesAPathOfOneMachine()
    {
        foreach (var path in Repository.Texts)
            PathOfOneMachine().Matches(Repository.Read(path)).Select(match => match.Value).ShouldBeEmpty(path);
    }

    [Fact]
    public void TargetsNamedInTexts_AreInTheMakefile()
    {
        var targets = Target().Matches(Repository.Read("Makefile")).Select(match => match.Groups[1].Value).ToHashSet();
        targets.ShouldContain("test");
        foreach (var path in Repository.Files.Where(path => path.EndsWith(".md", StringComparison.Ordinal) || path == ".ci/run"))
            MakeCommand().Matches(Repository.Read(path)).Select(match => match.Groups[1].Value).Except(targets).ShouldBeEmpty(path);
    }

    [Fact]
    public void Readme_SaysWhatToType()
    {
        MakeCommand().Matches(Repository.Read("README.md")).Select(match => match.Groups[1].Value).ShouldContain("demo");
    }

    [Fact]
    public void SettingsNamedInTheReadme_Exist()
    {
        var known = new[] { typeof(Engine.Limits.EngineOptions), typeof(Actions.Storage.StorageOptions), typeof(ServerOptions) }
            .SelectMany(options => options.Assembly.GetTypes())
            .Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal))
            .SelectMany(type => type.GetProperties().Select(property => $"{type.Name[..^"Options".Length]}__{property.Name}"))
            .ToHashSet();

        var named = Setting().Matches(Repository.Read("README.md")).Select(match => match.Groups[1].Value).ToList();
        named.ShouldNotBeEmpty();
        named.Except(known).ShouldBeEmpty();
    }

    [Fact]
    public void TestsNamedInSecurity_Exist()
    {
        var named = TestClass().Matches(Repository.Read("SECURITY.md")).Select(match => match.Groups[1].Value).ToList();

        named.Count.ShouldBeGreaterThan(20);
        named.Except(Repository.Sources.Select(path => Path.GetFileNameWithoutExtension(path))).ShouldBeEmpty();
    }

    private static IEnumerable<string> Included(XDocument project, string item) =>
        project.Descendants(item).Select(element => (string?)element.Attribute("Include")).OfType<string>();

    private static bool StartsWithAny(string name, IEnumerable<string> prefixes) =>
        prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    [GeneratedRegex(@"^src/.*\.csproj$")]
    private static partial Regex SourceProject();

    [GeneratedRegex(@"(Manager|Helper|Util|Utility|Utilitie)s?$")]
    private static partial Regex MeaninglessType();

    [GeneratedRegex(@"\.(cs|cshtml|py|sh|mjs|js|ts|go|proto)$|^Makefile$")]
    private static partial Regex HandWritten();

    [GeneratedRegex(@"(?<![\w-])timeout (-\S+ )*[\d""$]|\$\{\w+(\^|,)|\bsed (-\w+ )*-i|\bcoproc\b|\b(mapfile|readarray) |\bdeclare -A|\breadlink -f"
        + @"|\bgrep -\w*P|:-/usr/bin/python3")]
    private static partial Regex NotPortable();

    // Written so that this file doesn't find itself.
    [GeneratedRegex(@"\b(T[O]DO|F[I]XME)\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\bNotImplemented[E]xception\b")]
    private static partial Regex NotImplemented();

    [GeneratedRegex(@"(?<![\w.])/(home|Users|root|work)/|\bC:[\\/]{1,2}Users\b")]
    private static partial Regex PathOfOneMachine();

    // The last section and the name, as in the environment. What is under Kestrel is Kestrel's.
    [GeneratedRegex(@"\b(?:Storage__)?((?:Server|Engine|Drain|Readiness|Storage|Sqlite|Access|Limits|Outbound|Secrets|History)__[A-Z][A-Za-z]*)\b(?!__)")]
    private static partial Regex Setting();

    [GeneratedRegex(@"`(\w+Tests)`")]
    private static partial Regex TestClass();

    [GeneratedRegex(@"^([a-z][\w-]*):", RegexOptions.Multiline)]
    private static partial Regex Target();

    // In a code block or between backticks: elsewhere it may be the verb.
    [GeneratedRegex(@"(?:^[ \t]*(?:\$ )?|`)make ([a-z][\w-]*)", RegexOptions.Multiline)]
    private static partial Regex MakeCommand();
}
