using System.Collections.Immutable;
using System.Text.Json;
using Actions.Engine.Syntax;

namespace Actions.Engine.Extraction.Paths;

/// <summary>A JSONPath query (RFC 9535), parsed and checked once.</summary>
/// <param name="Segments">Applied in order, each to the nodes selected by the previous one.</param>
internal sealed record JsonPath(ImmutableArray<Segment> Segments)
{
    /// <summary>
    /// The query selects at most one node of any document: every segment is one name or one index (section 2.3.5.1).
    /// </summary>
    public bool IsSingular { get; } = Segments.All(segment => segment.IsSingular);

    /// <exception cref="SyntaxException">The text isn't well-formed or valid; the message gives position and
    /// reason.</exception>
    public static JsonPath Parse(string text) => new PathParser(text).ParseQuery();

    /// <param name="budget">Limits the amount of work, and the time. Null: the limit for one query, without a
    /// deadline.</param>
    /// <returns>The nodes in the order of section 2.1.2.</returns>
    /// <exception cref="NotUnicodeException">A string of the document isn't Unicode text.</exception>
    /// <exception cref="TooLargeException">More nodes are selected than a message could carry.</exception>
    /// <exception cref="SyntaxException">The budget is spent.</exception>
    /// <exception cref="OperationCanceledException">The deadline of the budget has passed.</exception>
    public IReadOnlyList<JsonElement> Select(JsonElement root, WorkBudget? budget = null) =>
        SelectFrom(root, new Evaluation(root, budget ?? new WorkBudget()));

    /// <summary>What <see cref="SelectFrom"/> selects, for a singular query: no lists are needed on the way.</summary>
    /// <returns>Null: the query selects nothing.</returns>
    public JsonElement? SelectOnlyFrom(JsonElement node, Evaluation evaluation)
    {
        foreach (var segment in Segments)
        {
            if (((SingularSelector)segment.Selectors[0]).ChildOf(node, evaluation) is not { } child)
                return null;
            node = child;
        }

        return node;
    }

    internal IReadOnlyList<JsonElement> SelectFrom(JsonElement node, Evaluation evaluation)
    {
        List<JsonElement> nodes = [node];
        foreach (var segment in Segments)
        {
            if (nodes.Count == 0)
                break;
            var selected = new List<JsonElement>();
            foreach (var current in nodes)
                segment.Select(current, selected, evaluation);
            nodes = selected;
        }

        return nodes;
    }
}

/// <summary>Selects children, or (descendant) children of every node below as well. Sections 2.5.1 and 2.5.2.</summary>
internal sealed record Segment(ImmutableArray<Selector> Selectors, bool IsDescendant)
{
    public bool IsSingular => !IsDescendant && Selectors is [SingularSelector];

    public void Select(JsonElement node, List<JsonElement> selected, Evaluation evaluation)
    {
        if (!IsDescendant)
        {
            SelectChildren(node, selected, evaluation);
            return;
        }

        // An explicit stack: a document may be nested deeper than a thread's stack allows. It has an entry for each
        // level, not for each node.
        SelectChildren(node, selected, evaluation);
        var levels = new Stack<IEnumerator<JsonElement>>([WildcardSelector.Children(node).GetEnumerator()]);
        while (levels.TryPeek(out var level))
        {
            if (!level.MoveNext())
            {
                levels.Pop().Dispose();
                continue;
            }

            var child = level.Current;
            evaluation.Step();
            SelectChildren(child, selected, evaluation);
            if (child.ValueKind is JsonValueKind.Array or JsonValueKind.Object)
                levels.Push(WildcardSelector.Children(child).GetEnumerator());
        }
    }

    private void SelectChildren(JsonElement node, List<JsonElement> selected, Evaluation evaluation)
    {
        foreach (var selector in Selectors)
            selector.Select(node, selected, evaluation);
    }
}
