using System.Text.Json;
using Actions.Engine.Variables;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Extraction;

/// <summary>
/// Lists what can be selected from a sample, in document order: every member, the first element of every array, and by a
/// wildcard path what that element stands for.
/// </summary>
internal sealed class FieldDiscovery
{
    // Lists and objects are shown where they are short: the sample's body has the whole.
    private const int MaxShownElements = 10;
    private const int MaxShownLength = 1_024;

    private readonly List<SampleField> _fields = [];
    private readonly NameSuggestions _names;

    private FieldDiscovery(IEnumerable<string> taken) => _names = new NameSuggestions(taken);

    /// <param name="root">The sample's body.</param>
    /// <param name="taken">Names that variables have already.</param>
    /// <returns>At most <see cref="ContractLimits.MaxSampleFields"/>.</returns>
    public static IReadOnlyList<SampleField> Discover(JsonElement root, IEnumerable<string> taken)
    {
        var discovery = new FieldDiscovery(taken);
        try
        {
            discovery.Walk(new Place(root, "$", []));
        }
        catch (InvalidOperationException)
        {
            // A string that is no Unicode text: what was found before it can be selected.
        }

        return discovery._fields;
    }

    private void Walk(Place root)
    {
        // A stack of our own: a document may be nested deeper than a thread's stack is long.
        var pending = new Stack<Place>([root]);
        while (pending.TryPop(out var place) && _fields.Count < ContractLimits.MaxSampleFields)
        {
            if (place.Path != "$" || place.Node.ValueKind != JsonValueKind.Object)
                Add(place.Path, place.Node, place.Names);
            switch (place.Node.ValueKind)
            {
                case JsonValueKind.Object:
                    foreach (var member in place.Node.EnumerateObject().Reverse())
                        pending.Push(place.Member(member));
                    break;
                case JsonValueKind.Array when place.Node.GetArrayLength() > 0:
                    AddWildcards(place);
                    pending.Push(new Place(place.Node[0], $"{place.Path}[0]", place.Names));
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>All elements, or the same member of all of them.</summary>
    private void AddWildcards(Place array)
    {
        var elements = array.Node.EnumerateArray().Take(MaxShownElements).ToArray();
        var all = new Place(array.Node, $"{array.Path}[*]", ["all", .. array.Names]);
        if (elements[0].ValueKind != JsonValueKind.Object)
        {
            AddList(all.Path, all.Names, elements);
            return;
        }

        foreach (var member in elements[0].EnumerateObject())
        {
            if (member.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                continue;
            var place = all.Member(member);
            AddList(place.Path, place.Names, elements
                .Where(element => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(member.Name, out _))
                .Select(element => element.GetProperty(member.Name)));
        }
    }

    private void Add(string path, JsonElement node, IReadOnlyList<string> names)
    {
        var isNested = node.ValueKind is JsonValueKind.Object or JsonValueKind.Array;
        var value = isNested && node.GetRawText().Length > MaxShownLength ? null : TryConvert(node);
        Add(path, TypeOf(node), value, names);
    }

    private void AddList(string path, IReadOnlyList<string> names, IEnumerable<JsonElement> nodes) =>
        Add(path, VariableType.Json, Value.ForList([.. nodes.Select(TryConvert).OfType<Value>()]), names);

    private void Add(string path, VariableType type, Value? value, IReadOnlyList<string> names)
    {
        if (_fields.Count < ContractLimits.MaxSampleFields)
            _fields.Add(new SampleField { JsonPath = path, Type = type, Value = value, SuggestedVariable = _names.Suggest(names) });
    }

    private static Value? TryConvert(JsonElement node)
    {
        try
        {
            return JsonValue.From(node, ContractLimits.MaxVariableDepth - 1);
        }
        catch (FormatException)
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

    /// <summary>A node, its normalized path, and the names on the way to it.</summary>
    private sealed record Place(JsonElement Node, string Path, IReadOnlyList<string> Names)
    {
        public Place Member(JsonProperty member) => new(member.Value, $"{Path}['{Escape(member.Name)}']", [.. Names, member.Name]);

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
