using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Arrows = System.Collections.Generic.SortedDictionary<string, System.Collections.Generic.SortedSet<string>>;

namespace Actions.Server.Tests.Tidy;

/// <summary>Which folders of a project use types of which others. The project's root is the folder ".".</summary>
internal static class FolderArrows
{
    // ImplicitUsings of Microsoft.NET.Sdk and Microsoft.NET.Sdk.Web; the SDK writes them into obj/.
    private static readonly string[] GlobalUsings =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading",
        "System.Threading.Tasks", "System.Net.Http.Json", "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Http", "Microsoft.AspNetCore.Routing", "Microsoft.Extensions.Configuration",
        "Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.Hosting", "Microsoft.Extensions.Logging",
    ];

    /// <param name="project">The assembly's name.</param>
    /// <param name="files">Paths from the project's folder, with slashes, and texts.</param>
    public static Arrows Of(string project, IEnumerable<(string Path, string Text)> files)
    {
        var trees = files.Select(file => CSharpSyntaxTree.ParseText(file.Text, path: file.Path)).ToList();
        var usings = string.Concat(GlobalUsings.Select(name => $"global using {name};\n"));
        var compilation = CSharpCompilation.Create(
            project,
            [.. trees, CSharpSyntaxTree.ParseText(usings)],
            ReferencesOf(project),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

        var arrows = new Arrows(StringComparer.Ordinal);
        foreach (var tree in trees)
        {
            var from = FolderOf(tree.FilePath);
            var model = compilation.GetSemanticModel(tree);
            foreach (var to in tree.GetRoot().DescendantNodes().SelectMany(node => FoldersUsedBy(node, model, from)))
                To(arrows, from).Add(to);
        }

        return arrows;
    }

    /// <param name="lines">As in ARCHITECTURE.md: <c>Folder -> A, B</c>.</param>
    public static Arrows Parse(IEnumerable<string> lines)
    {
        var arrows = new Arrows(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            if (line.Split("->", StringSplitOptions.TrimEntries) is not [{ Length: > 0 } from, { Length: > 0 } targets])
                throw new FormatException($"Not an arrow: {line}");
            To(arrows, from).UnionWith(targets.Split(',', StringSplitOptions.TrimEntries));
        }

        return arrows;
    }

    public static string Print(Arrows arrows) =>
        string.Concat(arrows.Select(arrow => $"{arrow.Key} -> {string.Join(", ", arrow.Value)}\n"));

    /// <summary>Arrows of the first table that the second doesn't have.</summary>
    public static IEnumerable<string> Missing(Arrows arrows, Arrows from) =>
        arrows.SelectMany(arrow => arrow.Value
            .Where(to => !from.TryGetValue(arrow.Key, out var targets) || !targets.Contains(to))
            .Select(to => $"{arrow.Key} -> {to}"));

    /// <returns>The folders on or between cycles. Empty: there is none.</returns>
    public static IReadOnlyList<string> Cycle(Arrows arrows)
    {
        // Takes away folders without an arrow, as long as there are any.
        var left = new Dictionary<string, HashSet<string>>(
            arrows.Select(arrow => KeyValuePair.Create(arrow.Key, arrow.Value.ToHashSet())));
        while (true)
        {
            foreach (var targets in left.Values)
                targets.RemoveWhere(to => !left.ContainsKey(to));
            var ends = left.Where(folder => folder.Value.Count == 0).Select(folder => folder.Key).ToList();
            if (ends.Count == 0)
                return [.. left.Keys.Order(StringComparer.Ordinal)];
            ends.ForEach(end => left.Remove(end));
        }
    }

    private static IEnumerable<string> FoldersUsedBy(SyntaxNode node, SemanticModel model, string from)
    {
        if (node is not (SimpleNameSyntax or BaseObjectCreationExpressionSyntax or ConstructorInitializerSyntax))
            return [];
        var info = model.GetSymbolInfo(node);
        // An overload may be undecided where an argument's type is generated code.
        var symbol = info.Symbol ?? info.CandidateSymbols.FirstOrDefault();
        var type = symbol as INamedTypeSymbol ?? symbol?.ContainingType;
        var folders = (type?.OriginalDefinition.DeclaringSyntaxReferences ?? [])
            .Select(declared => FolderOf(declared.SyntaxTree.FilePath)).ToList();
        return folders.Contains(from) ? [] : folders.Take(1);
    }

    private static SortedSet<string> To(Arrows arrows, string from)
    {
        if (!arrows.TryGetValue(from, out var targets))
            arrows[from] = targets = new SortedSet<string>(StringComparer.Ordinal);
        return targets;
    }

    private static string FolderOf(string path) =>
        Path.GetDirectoryName(path) is { Length: > 0 } folder ? folder.Replace('\\', '/') : ".";

    // Everything that the tests run with, which is more than any project references.
    private static IEnumerable<MetadataReference> ReferencesOf(string project) =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileNameWithoutExtension(path) != project)
            .Select(path => MetadataReference.CreateFromFile(path));
}
