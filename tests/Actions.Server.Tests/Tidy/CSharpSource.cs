using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Actions.Server.Tests.Tidy;

/// <summary>C# files as syntax trees.</summary>
internal static class CSharpSource
{
    // Several rules read every file.
    private static readonly ConcurrentDictionary<string, SyntaxNode> Roots = new();

    /// <param name="path">From the repository's root.</param>
    public static IEnumerable<T> Find<T>(string path) where T : SyntaxNode =>
        Roots.GetOrAdd(path, static path => CSharpSyntaxTree.ParseText(Repository.Read(path), path: path).GetRoot())
            .DescendantNodes().OfType<T>();

    /// <summary>Lines from the signature, without its attributes, to the closing brace.</summary>
    public static int LinesOf(BaseMethodDeclarationSyntax method)
    {
        var start = method.AttributeLists.Count == 0
            ? method.GetFirstToken()
            : method.AttributeLists[^1].GetLastToken().GetNextToken();
        var span = Microsoft.CodeAnalysis.Text.TextSpan.FromBounds(start.SpanStart, method.Span.End);
        var lines = method.SyntaxTree.GetLineSpan(span);
        return lines.EndLinePosition.Line - lines.StartLinePosition.Line + 1;
    }

    public static bool HasAttribute(MethodDeclarationSyntax method, params ReadOnlySpan<string> names)
    {
        foreach (var attribute in method.AttributeLists.SelectMany(list => list.Attributes))
        {
            if (names.Contains(attribute.Name.ToString()))
                return true;
        }

        return false;
    }
}
