using System.Runtime.InteropServices;
using System.Text.Json;
using Actions.Engine.Syntax;

namespace Actions.Engine.Extraction.Paths;

/// <summary>
/// One query at work on one document. What is asked of the same part of the document again and again is worked out
/// once:
/// queries from the root inside a filter, the text of long strings, and the text of escaped names.
/// </summary>
internal sealed class Evaluation(JsonElement root, WorkBudget budget)
{
    // Shorter ones are read again sooner than they are found in a table.
    private const int LongText = 256;

    // A character of a string takes at most this many bytes more when it is escaped ("\\u0061").
    private const int LargestEscape = 6;

    private readonly Dictionary<FilterQuery, IReadOnlyList<JsonElement>> _fromRoot = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<int, string> _texts = [];
    private bool? _hasEscapes;

    public WorkBudget Budget => budget;

    /// <summary>Escapes anywhere in the document: without any, names are compared as they stand.</summary>
    private bool HasEscapes => _hasEscapes ??= RawOf(root).Contains((byte)'\\');

    /// <summary>Counts the visit of a node.</summary>
    public void Step() => budget.Step();

    /// <summary>Counts passing over members, elements or bytes.</summary>
    public void Pass(int count) => budget.Pass(count);

    /// <summary>A query from the root selects the same for every node of a filter (section 2.3.5.1).</summary>
    public IReadOnlyList<JsonElement> SelectFromRoot(FilterQuery query)
    {
        if (_fromRoot.TryGetValue(query, out var nodes))
        {
            Step();
            return nodes;
        }

        nodes = query.Path.SelectFrom(root, this);
        _fromRoot.Add(query, nodes);
        return nodes;
    }

    /// <summary>The member of that name; of several the last, as System.Text.Json has it.</summary>
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
    /// <exception cref="NotUnicodeException">It isn't Unicode text.</exception>
    public string TextOf(JsonElement text)
    {
        var raw = RawOf(text);
        if (raw.Length <= LongText || !RawOf(root).Overlaps(raw, out var at))
        {
            Pass(raw.Length);
            return text.Text();
        }

        if (_texts.TryGetValue(at, out var known))
            return known;
        Pass(raw.Length);
        known = text.Text();
        _texts.Add(at, known);
        return known;
    }

    /// <summary>Whether two strings are the same text, however they are escaped.</summary>
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

    /// <summary>Counts the reading of two values to their ends.</summary>
    public void Read(JsonElement left, JsonElement right)
    {
        // Element by element that takes far longer than byte by byte.
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
        if (!_texts.TryGetValue(at, out var known))
            _texts.Add(at, known = property.NameText());
        return known == name;
    }

    private static ReadOnlySpan<byte> RawOf(JsonElement value) => JsonMarshal.GetRawUtf8Value(value);
}
