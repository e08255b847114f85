using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>
/// The texts by which a value can be recognized: its own text, each string and number in a list or object, and each
/// small list or object as a whole, whose parts may be too short. Booleans are left out: they identify nothing.
/// </summary>
internal sealed class IdentifyingTexts
{
    // For lists and objects inside of others, each and together: a byte in many levels must not count in all of them.
    private const int LargestInner = 256;
    private const int MaxInner = 64 << 10;

    private readonly List<string> _texts = [];
    private readonly bool _withNames;
    private int _innerLeft = MaxInner;

    private IdentifyingTexts(bool withNames) => _withNames = withNames;

    /// <param name="value">A variable's value.</param>
    /// <param name="withNames">The names of an object's members identify it, too.</param>
    public static IReadOnlyList<string> Of(Value value, bool withNames)
    {
        var texts = new IdentifyingTexts(withNames);
        texts.Add(value, isWhole: true);
        return texts._texts;
    }

    /// <returns>About the length of the value's text.</returns>
    private int Add(Value value, bool isWhole)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.StringValue or Value.KindOneofCase.NumberValue:
                var text = JsonValue.ToText(value);
                _texts.Add(text);
                return text.Length;
            case Value.KindOneofCase.ListValue:
                return AddWhole(value, value.ListValue.Values.Sum(item => Add(item, isWhole: false) + 1), isWhole);
            case Value.KindOneofCase.StructValue:
                var fields = value.StructValue.Fields;
                if (_withNames)
                    _texts.AddRange(fields.Keys);
                var length = fields.Sum(field => field.Key.Length + Add(field.Value, isWhole: false) + 1);
                return AddWhole(value, length, isWhole);
            default:
                return 1;
        }
    }

    private int AddWhole(Value value, int length, bool isWhole)
    {
        if (isWhole || (length <= LargestInner && length <= _innerLeft))
            _texts.Add(JsonValue.ToText(value));
        if (!isWhole && length <= LargestInner)
            _innerLeft -= length;
        return length;
    }
}
