using System.Text.RegularExpressions;

namespace Actions.Server.Tests.Tidy;

/// <summary>Finds the methods of a file and counts their lines, by its braces.</summary>
internal static partial class MethodLengths
{
    /// <returns>Methods (constructors and operators among them) with their lines from signature to closing brace.</returns>
    public static IEnumerable<(string Signature, int Lines)> Of(string text)
    {
        var code = SourceText.CodeOf(text);
        // Of each open brace, whether it is a type's or a namespace's.
        var scopes = new Stack<bool>();
        var (start, parentheses) = (0, 0);
        string? method = null;
        var (methodStart, methodDepth) = (0, 0);
        for (var i = 0; i < code.Length; i++)
        {
            var atMembers = scopes.Count == 0 || scopes.Peek();
            switch (code[i])
            {
                case '(' or '[':
                    parentheses++;
                    break;
                case ')' or ']':
                    parentheses--;
                    break;
                case '{' when parentheses == 0:
                    var header = code[start..i];
                    var isType = atMembers && TypeHeader().IsMatch(Signature(header));
                    if (atMembers && method is null && IsMethod(header))
                        (method, methodStart, methodDepth) = (Name(header), FirstLine(start, header), scopes.Count);
                    scopes.Push(isType || NamespaceHeader().IsMatch(header));
                    start = i + 1;
                    break;
                case '}' when parentheses == 0:
                    scopes.Pop();
                    start = i + 1;
                    if (method is not null && scopes.Count == methodDepth)
                    {
                        yield return (method, LineOf(i) - methodStart + 1);
                        method = null;
                    }

                    break;
                case ';' when parentheses == 0:
                    var member = code[start..i];
                    if (atMembers && IsMethod(member))
                        yield return (Name(member), LineOf(i) - FirstLine(start, member) + 1);
                    start = i + 1;
                    break;
                default:
                    break;
            }
        }

        if (scopes.Count > 0)
            throw new FormatException("The braces don't match: this heuristic doesn't understand the file.");

        int FirstLine(int from, string member) => LineOf(from + Attributes().Match(member).Length);

        int LineOf(int index) => code.AsSpan(0, index).Count('\n');
    }

    // Up to the body it has a parameter list and no assignment: that would be a field.
    private static bool IsMethod(string member)
    {
        var signature = Signature(member);
        return signature.Contains('(', StringComparison.Ordinal) && !signature.Contains('=', StringComparison.Ordinal)
            && !TypeHeader().IsMatch(signature) && !signature.TrimStart().StartsWith("using ", StringComparison.Ordinal);
    }

    private static string Name(string member) => WhiteSpace().Replace(Signature(member).Trim(), " ");

    // Without attributes, parameters' defaults and what follows the arrow.
    private static string Signature(string member)
    {
        var text = Attributes().Replace(member, "");
        var arrow = text.IndexOf("=>", StringComparison.Ordinal);
        text = arrow >= 0 ? text[..arrow] : text;
        var open = text.IndexOf('(', StringComparison.Ordinal);
        var assignment = text.IndexOf('=', StringComparison.Ordinal);
        return open >= 0 && (assignment < 0 || open < assignment) ? text[..(open + 1)] : text;
    }

    [GeneratedRegex(@"\b(class|struct|interface|enum|record|extension)\b")]
    private static partial Regex TypeHeader();

    [GeneratedRegex(@"\bnamespace\b")]
    private static partial Regex NamespaceHeader();

    // And the white space before the signature.
    [GeneratedRegex(@"^\s*(\[[^\]]*\]\s*)*")]
    private static partial Regex Attributes();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
