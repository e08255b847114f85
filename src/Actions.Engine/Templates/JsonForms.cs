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
                }
            }
            else if (escaped)
            {
                problems.Add(
                    $"has a backslash before {{{part.Text}}}, which would become a part of the value; "
                    + "write four backslashes for one that is sent.");
                escaped = false;
            }

            assigned.Add(part with { Form = inString ? ValueForm.JsonString : ValueForm.Json });
        }

        if ((inString || broken) && parts.Any(part => part.IsPlaceholder))
            problems.Add(
                "has a quote without the second one on its line, so that values can't be escaped as JSON; "
                + "close it, or write \\n for a line break.");
        return assigned.DrainToImmutable();
    }
}
