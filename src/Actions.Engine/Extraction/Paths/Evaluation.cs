using System.Runtime.InteropServices;
using System.Text.Json;
using Actions.Engine.Syntax;

namespace Actions.Engine.Extraction.Paths;

/// <summary>
/// The evaluation of one query on one document, or of all its singular queries. Caches results that are needed
/// repeatedly: queries from the root inside a filter, the text of long strings, and the text of escaped names.
/// </summary>
internal sealed class Evaluation(JsonElement root, WorkBudget budget)
{
    // Reading a shorter string again is faster than finding it in a table.
    private const int LongText = 256;

    // As many values as fit into one message, each with the smallest size. It also limits a filter's queries.
    private const int MaxNodes = 250_000;

    // Escaping makes a character of a string longer by at most this many bytes ("\\u0061").
    private const int LargestEscape = 6;

    // Null: most queries need none of them.
    private Dictionary<FilterQuery, IReadOnlyList<JsonElement>>? _fromRoot;
    private Dictionary<int, string>? _texts;
    private bool? _hasEscapes;

    public WorkBudget Budget => budget;

    /// <summary>Whether the document contains any escapes. If not, names are compared byte by byte.</summary>
    private bool HasEscapes => _hasEscapes ??= RawOf(root).Contains((byte)'\\');

    /// <summary>Counts the visit of a node.</summary>
    public void Step() => budget.Step();

    /// <summary>Counts skipped members, elements or bytes.</summary>
    public void Pass(int count) => budget.Pass(count);

    /// <summary>Adds a node that is selected.</summary>
    /// <exception cref="TooLargeException">There are too many.</exception>
    public static void Add(List<JsonElement> selected, JsonElement node)
    {
        if (selected.Count == MaxNodes)
            throw new TooLargeException($"selects too many nodes of the document, more than {MaxNodes}");
        selected.Add(node);
    }

    /// <summary>A query from the root selects the same nodes for every node of a filter (section 2.3.5.1).</summary>
    public IReadOnlyList<JsonElement> SelectFromRoot(FilterQuery query)
    {
        _fromRoot ??= new(ReferenceEqualityComparer.Instance);
        if (_fromRoot.TryGetValue(query, out var nodes))
        {
            Step();
            return nodes;
        }

        nodes = query.Path.SelectFrom(root, this);
        _fromRoot.Add(query, nodes);
        return nodes;
    }

    /// <summary>The member with that name; the last one if there are several, as in System.Text.Json.</summary>
    public bool TryGetMember(JsonElement node, string name, out JsonElement member)
    {
        Pass(node.GetPropertyCount());
        if (!HasEscapes)
            return node.TryGetMember(name, out member);
        member = default;
        var found = false;
        foreach (var property in node.EnumerateObject())
        {
            if (!IsNamed(property, name))
                continue;
            member = property.Value;
            found = true;
        }

        return found;
    }

    /// <summary>The text of a string. A long one is unescaped once for the whole evaluation.</summary>
    /// <exception cref="NotUnicodeException">The string isn't Unicode text.</exception>
    public string TextOf(JsonElement text)
    {
        var raw = RawOf(text);
        if (raw.Length <= LongText || !RawOf(root).Overlaps(raw, out var at))
        {
            Pass(raw.Length);
            return text.Text();
        }

        _texts ??= [];
        if (_texts.TryGetValue(at, out var known))
            return known;
        Pass(raw.Length);
        known = text.Text();
        _texts.Add(at, known);
        return known;
    }

    /// <summary>Whether two strings are the same text, regardless of their escapes.</summary>
    public bool HaveOneText(JsonElement left, JsonElement right)
    {
        var a = RawOf(left);
        var b = RawOf(right);
        var (shorter, longer) = (Math.Min(a.Length, b.Length), Math.Max(a.Length, b.Length));
        if (longer > (long)shorter * LargestEscape)
            return false;
        Pass(longer);
        return !a.Contains((byte)'\\') && !b.Contains((byte)'\\') ? a.SequenceEqual(b) : TextOf(left) == TextOf(right);
    }

    /// <summary>Counts reading two values completely.</summary>
    public void Read(JsonElement left, JsonElement right)
    {
        // Reading element by element takes far longer than byte by byte.
        var factor = left.ValueKind is JsonValueKind.Array or JsonValueKind.Object ? 8L : 1;
        Pass((int)Math.Min(int.MaxValue, factor * ((long)RawOf(left).Length + RawOf(right).Length)));
    }

    private bool IsNamed(JsonProperty property, string name)
    {
        var raw = JsonMarshal.GetRawUtf8PropertyName(property);
        if (raw.Length > (long)name.Length * LargestEscape || raw.Length < name.Length)
            return false;
        Pass(raw.Length);
        if (!raw.Contains((byte)'\\'))
            return property.NameEquals(name);
        if (raw.Length <= LongText || !RawOf(root).Overlaps(raw, out var at))
            return property.NameText() == name;
        _texts ??= [];
        if (!_texts.TryGetValue(at, out var known))
            _texts.Add(at, known = property.NameText());
        return known == name;
    }

    private static ReadOnlySpan<byte> RawOf(JsonElement value) => JsonMarshal.GetRawUtf8Value(value);
}
