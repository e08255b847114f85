using System.Text.Json;

namespace Actions.Engine.Extraction.Paths;

/// <summary>Selects children of a node. Section 2.3.</summary>
internal abstract record Selector
{
    public abstract void Select(JsonElement node, List<JsonElement> selected, Evaluation evaluation);
}

/// <summary>Selects one child at most.</summary>
internal abstract record SingularSelector : Selector
{
    public abstract JsonElement? ChildOf(JsonElement node, Evaluation evaluation);

    public sealed override void Select(JsonElement node, List<JsonElement> selected, Evaluation evaluation)
    {
        if (ChildOf(node, evaluation) is { } child)
            Evaluation.Add(selected, child);
    }
}

/// <summary>A member by its name. Section 2.3.1.</summary>
internal sealed record NameSelector(string Name) : SingularSelector
{
    public override JsonElement? ChildOf(JsonElement node, Evaluation evaluation)
    {
        evaluation.Step();
        return node.ValueKind == JsonValueKind.Object && evaluation.TryGetMember(node, Name, out var member)
            ? member
            : null;
    }
}

/// <summary>Every child. Section 2.3.2.</summary>
internal sealed record WildcardSelector : Selector
{
    public override void Select(JsonElement node, List<JsonElement> selected, Evaluation evaluation)
    {
        foreach (var child in Children(node))
        {
            evaluation.Step();
            Evaluation.Add(selected, child);
        }
    }

    /// <summary>The children in document order; empty unless the node is an array or an object.</summary>
    public static IEnumerable<JsonElement> Children(JsonElement node) => node.ValueKind switch
    {
        JsonValueKind.Array => node.EnumerateArray(),
        JsonValueKind.Object => node.EnumerateObject().Select(member => member.Value),
        _ => [],
    };
}

/// <summary>An element by its index; negative indexes count from the end. Section 2.3.3.</summary>
internal sealed record IndexSelector(long Index) : SingularSelector
{
    public override JsonElement? ChildOf(JsonElement node, Evaluation evaluation)
    {
        evaluation.Step();
        if (node.ValueKind != JsonValueKind.Array)
            return null;
        var length = node.GetArrayLength();
        var index = Index < 0 ? length + Index : Index;
        if (index < 0 || index >= length)
            return null;
        evaluation.Pass((int)index);
        return node[(int)index];
    }
}

/// <summary>A series of elements. Section 2.3.4.</summary>
internal sealed record SliceSelector(long? Start, long? End, long Step) : Selector
{
    public override void Select(JsonElement node, List<JsonElement> selected, Evaluation evaluation)
    {
        if (node.ValueKind != JsonValueKind.Array || Step == 0)
            return;
        long length = node.GetArrayLength();
        evaluation.Pass((int)length);
        var elements = node.EnumerateArray().ToArray();
        if (Step > 0)
        {
            var (lower, upper) = (Clamp(Start ?? 0, 0), Clamp(End ?? length, 0));
            for (var i = lower; i < upper; i += Step)
                Add(i);
        }
        else
        {
            // From the end; -1 stands for "before the first".
            var (upper, lower) = (Clamp(Start ?? length - 1, -1), End is { } end ? Clamp(end, -1) : -1);
            for (var i = upper; i > lower; i += Step)
                Add(i);
        }

        long Clamp(long index, long min) => Math.Clamp(index < 0 ? length + index : index, min, length + min);

        void Add(long index)
        {
            evaluation.Step();
            Evaluation.Add(selected, elements[index]);
        }
    }
}

/// <summary>The children for which an expression is true. Section 2.3.5.</summary>
internal sealed record FilterSelector(Condition Condition) : Selector
{
    public override void Select(JsonElement node, List<JsonElement> selected, Evaluation evaluation)
    {
        foreach (var child in WildcardSelector.Children(node))
        {
            evaluation.Step();
            if (Condition.Matches(child, evaluation))
                Evaluation.Add(selected, child);
        }
    }
}
