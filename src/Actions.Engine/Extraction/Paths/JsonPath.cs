using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using Actions.Engine.Syntax;

namespace Actions.Engine.Extraction.Paths;

/// <summary>A JSONPath query (RFC 9535), parsed and checked once.</summary>
/// <param name="Segments">Applied one after the other to the nodes that the one before selected.</param>
internal sealed record JsonPath(ImmutableArray<Segment> Segments)
{
    /// <summary>Selects at most one node, whatever the document: every segment is one name or one index (section 2.3.5.1).</summary>
    public bool IsSingular { get; } = Segments.All(segment => segment.IsSingular);

    /// <exception cref="SyntaxException">Not well-formed or not valid; the message says where and why.</exception>
    public static JsonPath Parse(string text) => new PathParser(text).ParseQuery();

    /// <returns>The nodes in the order of section 2.1.2.</returns>
    /// <exception cref="NotUnicodeException">A string of the document isn't Unicode text.</exception>
    /// <exception cref="SyntaxException">The query visits more than <see cref="Evaluation.MaxNodes"/> on its way.</exception>
    public IReadOnlyList<JsonElement> Select(JsonElement root) => SelectFrom(root, new Evaluation(root, Evaluation.MaxNodes));

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

/// <summary>One query at work on one document.</summary>
internal sealed class Evaluation(JsonElement root, int maxNodes)
{
    /// <summary>Some ten times the nodes of the largest body that is read; about a second's work.</summary>
    public const int MaxNodes = 5_000_000;

    // Passing over this many takes about as long as one step.
    private const int PassedPerStep = 32;

    private int _nodesLeft = maxNodes;

    public JsonElement Root { get; } = root;

    /// <summary>Counts a step: the work of a query such as <c>$..*..*</c> grows faster than the document.</summary>
    public void Step() => Steps(1);

    /// <summary>Counts passing over so many members, elements or bytes without stopping at any.</summary>
    public void Pass(int count) => Steps(count / PassedPerStep);

    /// <summary>Counts the reading of a value to its end.</summary>
    public void Read(JsonElement value) => Pass(LengthOf(value));

    /// <summary>Counts the comparing of two values of one kind.</summary>
    public void Read(JsonElement left, JsonElement right)
    {
        var length = Math.Min(LengthOf(left), LengthOf(right));
        // Element by element that takes far longer than byte by byte.
        Pass(left.ValueKind is JsonValueKind.Array or JsonValueKind.Object ? length * 8 : length);
    }

    private static int LengthOf(JsonElement value) => JsonMarshal.GetRawUtf8Value(value).Length;

    private void Steps(int count)
    {
        _nodesLeft -= count;
        if (_nodesLeft < 0)
            throw new SyntaxException("visits too many nodes of the document");
    }
}

/// <summary>Selects children, or (descendant) children of every node below as well. Sections 2.5.1 and 2.5.2.</summary>
internal sealed record Segment(ImmutableArray<Selector> Selectors, bool IsDescendant)
{
    public bool IsSingular => !IsDescendant && Selectors is [NameSelector or IndexSelector];

    public void Select(JsonElement node, List<JsonElement> selected, Evaluation evaluation)
    {
        if (!IsDescendant)
        {
            SelectChildren(node, selected, evaluation);
            return;
        }

        // A stack of our own: a document may be nested deeper than a thread's stack is long. Children are pushed last
        // to first, so that nodes are visited in document order.
        var pending = new Stack<JsonElement>([node]);
        var children = new List<JsonElement>();
        while (pending.TryPop(out var current))
        {
            SelectChildren(current, selected, evaluation);
            children.Clear();
            new WildcardSelector().Select(current, children, evaluation);
            for (var i = children.Count - 1; i >= 0; i--)
                pending.Push(children[i]);
        }
    }

    private void SelectChildren(JsonElement node, List<JsonElement> selected, Evaluation evaluation)
    {
        foreach (var selector in Selectors)
            selector.Select(node, selected, evaluation);
    }
}
