using System.Globalization;
using System.Text;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>Words for types and values in a refusal, from which a language model can correct its arguments.</summary>
internal static class ValueWords
{
    // An error status carries some 250 bytes for each violation.
    private const int MaxQuotedLength = 40;
    private const int MaxChoicesLength = 120;

    public static string Expected(VariableType type) => type switch
    {
        VariableType.Number => "a number such as 2.5",
        VariableType.Integer => "an integer such as 3",
        VariableType.Boolean => "true or false",
        VariableType.Json => "JSON",
        _ => "a text",
    };

    /// <summary>As many of the allowed texts as fit.</summary>
    public static string OneOf(IEnumerable<string> allowed)
    {
        var words = new StringBuilder("one of ");
        var first = true;
        foreach (var text in allowed)
        {
            var quoted = Quote(text);
            if (!first && words.Length + quoted.Length > MaxChoicesLength)
                return words.Append(", …").ToString();
            words.Append(first ? "" : ", ").Append(quoted);
            first = false;
        }

        return words.ToString();
    }

    /// <summary>What came, with a short value quoted.</summary>
    public static string Got(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.StringValue when string.IsNullOrWhiteSpace(value.StringValue) => "an empty text",
        Value.KindOneofCase.StringValue => $"the text {Quote(value.StringValue)}",
        Value.KindOneofCase.NumberValue => $"the number {NumberText.Of(value.NumberValue)}",
        Value.KindOneofCase.BoolValue => value.BoolValue ? "true" : "false",
        _ => GotKind(value),
    };

    /// <summary>What came, without its value: for logs, and for sensitive variables.</summary>
    public static string GotKind(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.StringValue => "a text",
        Value.KindOneofCase.NumberValue => "a number",
        Value.KindOneofCase.BoolValue => "a boolean",
        Value.KindOneofCase.StructValue => "an object",
        Value.KindOneofCase.ListValue => "a list",
        _ => "null",
    };

    /// <summary>On one line, with everything escaped that isn't visible or changes the direction of writing.</summary>
    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            if (quoted.Length > MaxQuotedLength)
            {
                quoted.Append('…');
                break;
            }

            if (rune.Value is '"' or '\\')
                quoted.Append('\\').Append((char)rune.Value);
            else if (IsVisible(rune))
                quoted.Append(rune.ToString());
            else
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
        }

        return quoted.Append('"').ToString();
    }

    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
