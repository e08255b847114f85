using System.Collections.Immutable;

namespace Actions.Engine.Templates;

/// <summary>
/// Decides for each placeholder of a text in JSON whether it stands within the quotes of a string. Outside of them it
/// becomes a JSON value of its own.
/// </summary>
internal static class JsonForms
{
    /// <param name="problems">Receives where a value can't be escaped; each completes "The field …".</param>
    public static ImmutableArray<TemplatePart> Assign(ImmutableArray<TemplatePart> parts, List<string> problems)
    {
        var assigned = ImmutableArray.CreateBuilder<TemplatePart>(parts.Length);
        var (inString, escaped, broken) = (false, false, false);
        // What precedes on the same line, outside of strings.
        var (last, apostrophes) = ('\n', 0);
        foreach (var part in parts)
        {
            if (!part.IsPlaceholder)
            {
                foreach (var c in part.Text)
                {
                    // A line break can't be within a string.
                    broken |= inString && c is '\n' or '\r';
                    if (escaped)
                        escaped = false;
                    else if (c == '\\')
                        escaped = inString;
                    else if (c == '"')
                        inString = !inString;
                    if (!inString && c is not (' ' or '\t'))
                        last = c;
                    apostrophes = c == '\n' ? 0 : apostrophes + (!inString && c == '\'' ? 1 : 0);
                }
            }
            else if (escaped)
            {
                problems.Add(
                    $"has a backslash before {{{part.Text}}}, which would become a part of the value; "
                    + "write four backslashes for one that is sent.");
                escaped = false;
            }
            else if (!inString && Misplaced(last, apostrophes) is { } problem)
            {
                problems.Add($"has the placeholder {{{part.Text}}} {problem}");
            }

            last = part.IsPlaceholder ? '}' : last;
            assigned.Add(part with { Form = inString ? ValueForm.JsonString : ValueForm.Json });
        }

        if ((inString || broken) && parts.Any(part => part.IsPlaceholder))
            problems.Add(
                "has a quote without the second one on its line, so that values can't be escaped as JSON; "
                + "close it, or write \\n for a line break.");
        return assigned.DrainToImmutable();
    }

    /// <returns>Completes "has the placeholder …"; null if a JSON value may stand there.</returns>
    private static string? Misplaced(char last, int apostrophes)
    {
        if (apostrophes % 2 != 0)
            return "in single quotes; JSON's strings have double quotes.";
        // GraphQL: {user{name}} selects a field.
        return char.IsAsciiLetterOrDigit(last) || last is '_' or ')'
            ? "after a word, where no JSON value can stand; write a backslash before it for the text itself."
            : null;
    }
}
