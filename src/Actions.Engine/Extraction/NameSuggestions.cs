using System.Text;

namespace Actions.Engine.Extraction;

/// <summary>
/// Suggests variable names: valid, readable (<c>order_status</c> for <c>$.order.status</c>) and unused.
/// </summary>
internal sealed class NameSuggestions(IEnumerable<string> taken)
{
    // Short enough to type.
    private const int MaxLength = 48;

    private readonly HashSet<string> _taken = new(taken, StringComparer.Ordinal);

    /// <param name="names">The members' names along the path, outermost first; none for the whole document.</param>
    public string Suggest(IReadOnlyList<string> names)
    {
        var words = names.Select(ToSnakeCase).Where(word => word.Length > 0).ToList();
        // The innermost names are the most specific.
        while (words.Count > 1 && words.Sum(word => word.Length + 1) > MaxLength)
            words.RemoveAt(0);
        var name = words.Count == 0 ? "response" : string.Join('_', words);
        if (name.Length > MaxLength)
            name = name[..MaxLength].TrimEnd('_');
        if (char.IsAsciiDigit(name[0]))
            name = $"_{name}";

        var free = name;
        for (var i = 2; !_taken.Add(free); i++)
            free = $"{name}_{i}";
        return free;
    }

    /// <summary>
    /// Splits a name into words: "orderStatus", "Order-Status" and "ORDER_STATUS" all become order_status.
    /// </summary>
    private static string ToSnakeCase(string name)
    {
        var snake = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            var c = name[i];
            var beginsWord = char.IsAsciiLetterUpper(c) && i > 0
                && (!char.IsAsciiLetterUpper(name[i - 1]) || (i + 1 < name.Length && char.IsAsciiLetterLower(name[i + 1])));
            if ((beginsWord || !char.IsAsciiLetterOrDigit(c)) && snake.Length > 0 && snake[^1] != '_')
                snake.Append('_');
            if (char.IsAsciiLetterOrDigit(c))
                snake.Append(char.ToLowerInvariant(c));
        }

        return snake.ToString().TrimEnd('_');
    }
}
