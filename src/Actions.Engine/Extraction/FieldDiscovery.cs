using System.Runtime.InteropServices;
using System.Text.Json;
using Actions.Engine.Limits;
using Actions.Engine.Syntax;
using Actions.Engine.Variables;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Extraction;

/// <summary>
/// Lists the fields that can be selected from a sample, in document order: every member, the first element of every
/// array, and a wildcard path for all elements of the array.
/// </summary>
internal sealed class FieldDiscovery
{
    // Long lists and objects have no example value: it is in the sample's body.
    private const int MaxShownElements = 10;
    private const int MaxShownLength = 1_024;

    private readonly List<SampleField> _fields = [];
    private readonly NameSuggestions _names;

    private readonly int _maxPathLength;

    private FieldDiscovery(IEnumerable<string> taken, int maxPathLength)
    {
        _names = new NameSuggestions(taken);
        _maxPathLength = maxPathLength;
    }

    /// <param name="taken">Variable names that are already used.</param>
    /// <param name="maxPathLength">Fields with a longer path can't be selected.</param>
    /// <returns>At most <see cref="ContractLimits.MaxSampleFields"/>.</returns>
    public static IReadOnlyList<SampleField> Discover(JsonElement root, IEnumerable<string> taken, int maxPathLength)
    {
        var discovery = new FieldDiscovery(taken, maxPathLength);
        try
        {
            discovery.Walk(new Place(root, "$", []));
        }
        catch (NotUnicodeException)
        {
            // A member's name isn't Unicode text. The fields found before it can still be selected.
        }

        return discovery._fields;
    }

    private void Walk(Place root)
    {
        // An explicit stack: a document may be nested deeper than a thread's stack allows.
        var pending = new Stack<Place>([root]);
        while (pending.TryPop(out var place) && _fields.Count < ContractLimits.MaxSampleFields)
        {
            if (place.Path != "$" || place.Node.ValueKind != JsonValueKind.Object)
                Add(place.Path, place.Node, place.Names);
            switch (place.Node.ValueKind)
            {
                case JsonValueKind.Object:
                    foreach (var member in Members(place, place.Node).Reverse())
                        pending.Push(member);
                    break;
                case JsonValueKind.Array when place.Node.GetArrayLength() > 0:
                    AddWildcards(place);
                    if (place.Path.Length + 3 <= _maxPathLength)
                        pending.Push(new Place(place.Node[0], $"{place.Path}[0]", place.Names));
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>All elements of an array, or the same member of all of them.</summary>
    private void AddWildcards(Place array)
    {
        var elements = array.Node.EnumerateArray().Take(MaxShownElements).ToArray();
        var all = new Place(array.Node, $"{array.Path}[*]", ["all", .. array.Names]);
        if (elements[0].ValueKind != JsonValueKind.Object)
        {
            AddList(all.Path, all.Names, elements);
            return;
        }

        foreach (var place in Members(all, elements[0]))
        {
            if (place.Node.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                continue;
            AddList(place.Path, place.Names, elements
                .Where(element => element.ValueKind == JsonValueKind.Object && element.TryGetMember(place.Names[^1], out _))
                .Select(element => element.GetProperty(place.Names[^1])));
        }
    }

    /// <summary>The members that can be selected: their name is Unicode text, and their path isn't too long.</summary>
    private IEnumerable<Place> Members(Place at, JsonElement node)
    {
        // Of equal names the last one counts, as for a query.
        var members = new OrderedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in node.EnumerateObject())
            if (NameOf(member) is { } name && at.Path.Length + name.Length <= _maxPathLength)
                members[name] = member.Value;
        return members.Select(member => at.Member(member.Key, member.Value))
            .Where(place => place.Path.Length <= _maxPathLength);
    }

    private static string? NameOf(JsonProperty member)
    {
        try
        {
            return member.NameText();
        }
        catch (NotUnicodeException)
        {
            return null;
        }
    }

    private void Add(string path, JsonElement node, IReadOnlyList<string> names) =>
        Add(path, TypeOf(node), Show(node), names);

    private void AddList(string path, IReadOnlyList<string> names, IEnumerable<JsonElement> nodes) =>
        Add(path, VariableType.Json, Value.ForList([.. nodes.Select(Show).OfType<Value>()]), names);

    private void Add(string path, VariableType type, Value? value, IReadOnlyList<string> names)
    {
        if (_fields.Count < ContractLimits.MaxSampleFields && path.Length <= _maxPathLength)
            _fields.Add(new SampleField { JsonPath = path, Type = type, Value = value, SuggestedVariable = _names.Suggest(names) });
    }

    private static Value? Show(JsonElement node)
    {
        var isNested = node.ValueKind is JsonValueKind.Object or JsonValueKind.Array;
        if (isNested && JsonMarshal.GetRawUtf8Value(node).Length > MaxShownLength)
            return null;
        try
        {
            return JsonValue.From(node, ContractLimits.MaxVariableDepth - 1);
        }
        catch (SyntaxException)
        {
            return null;
        }
    }

    private static VariableType TypeOf(JsonElement node) => node.ValueKind switch
    {
        JsonValueKind.String => VariableType.String,
        JsonValueKind.True or JsonValueKind.False => VariableType.Boolean,
        JsonValueKind.Number => node.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0 ? VariableType.Integer : VariableType.Number,
        _ => VariableType.Json,
    };

    /// <summary>A node, its normalized path, and the member names along the path.</summary>
    private sealed record Place(JsonElement Node, string Path, IReadOnlyList<string> Names)
    {
        public Place Member(string name, JsonElement node) => new(node, $"{Path}['{Escape(name)}']", [.. Names, name]);

        /// <summary>A name in a normalized path, RFC 9535 section 2.7.</summary>
        private static string Escape(string name) => string.Concat(name.Select(c => c switch
        {
            '\'' => "\\'",
            '\\' => "\\\\",
            '\b' => "\\b",
            '\f' => "\\f",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            < ' ' => $"\\u{(int)c:x4}",
            _ => c.ToString(),
        }));
    }
}
