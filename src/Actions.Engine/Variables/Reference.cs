using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>
/// What a placeholder names: a variable (<c>order_id</c>), or a member or an element of one (<c>customer.name</c>,
/// <c>items[0].title</c>, <c>items[-1]</c>).
/// </summary>
/// <remarks>
/// A variable's own name may have dots. So a reference can be read in several ways, and the longest name that is a
/// variable is the one that is meant.
/// </remarks>
internal static class Reference
{
    // No value is nested so deeply; it bounds the work for a hostile name.
    private const int MaxReadings = 64;

    /// <summary>Whether the text is a valid name of a variable.</summary>
    public static bool IsName(ReadOnlySpan<char> name) => name.Length > 0 && NameLength(name) == name.Length;

    /// <summary>Whether the reference can be read in one way only, as a variable's name.</summary>
    public static bool IsPlain(string reference) => !reference.AsSpan().ContainsAny('.', '[');

    /// <summary>The length of the reference that the text begins with; 0 if there is none.</summary>
    public static int Length(ReadOnlySpan<char> text)
    {
        var length = NameLength(text);
        if (length == 0)
            return 0;
        while (length < text.Length && IndexLength(text[length..]) is > 0 and var index)
        {
            length += index;
            while (text[length..] is ['.', .. var rest] && MemberLength(rest) is > 0 and var member)
                length += 1 + member;
        }

        return length;
    }

    /// <summary>The ways to read a reference: the longest name first, each with the path inside its value.</summary>
    public static IEnumerable<(string Variable, string Path)> Readings(string reference)
    {
        var end = reference.IndexOf('[', StringComparison.Ordinal);
        if (end < 0)
            end = reference.Length;
        yield return (reference[..end], reference[end..]);
        var dot = reference.LastIndexOf('.', end - 1, end);
        for (var i = 1; i < MaxReadings && dot > 0; i++)
        {
            yield return (reference[..dot], reference[dot..]);
            dot = reference.LastIndexOf('.', dot - 1, dot);
        }
    }

    /// <summary>The variable that a reference means: the longest name that <paramref name="exists"/>, else the longest
    /// of all.</summary>
    public static (string Variable, string Path) Resolve(string reference, Func<string, bool> exists)
    {
        foreach (var reading in Readings(reference))
        {
            if (exists(reading.Variable))
                return reading;
        }

        return Readings(reference).First();
    }

    /// <summary>The member or element at a path; null if there is none.</summary>
    /// <param name="path">Of a reading: <c>.name</c>, <c>[0]</c>, one after the other.</param>
    public static Value? Select(Value value, string path)
    {
        Value? at = value;
        var rest = path.AsSpan();
        while (rest.Length > 0 && at is not null)
        {
            var length = rest[0] == '[' ? IndexLength(rest) : 1 + MemberLength(rest[1..]);
            at = rest[0] == '[' ? Element(at, rest[1..(length - 1)]) : Member(at, rest[1..length]);
            rest = rest[length..];
        }

        return at;
    }

    private static Value? Member(Value value, ReadOnlySpan<char> name) => value.KindCase switch
    {
        _ when name.IsEmpty => null,
        Value.KindOneofCase.StructValue =>
            value.StructValue.Fields.TryGetValue(name.ToString(), out var member) ? member : null,
        Value.KindOneofCase.ListValue => Element(value, name),
        _ => null,
    };

    private static Value? Element(Value value, ReadOnlySpan<char> index)
    {
        if (value.KindCase != Value.KindOneofCase.ListValue || !int.TryParse(index, out var at))
            return null;
        var list = value.ListValue.Values;
        if (at < 0)
            at += list.Count;
        return at >= 0 && at < list.Count ? list[at] : null;
    }

    private static int NameLength(ReadOnlySpan<char> text)
    {
        if (text.Length == 0 || !(char.IsAsciiLetter(text[0]) || text[0] == '_'))
            return 0;
        var length = 1;
        while (length < text.Length && (IsMemberCharacter(text[length]) || text[length] == '.'))
            length++;
        return length;
    }

    private static int MemberLength(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && IsMemberCharacter(text[length]))
            length++;
        return length;
    }

    /// <summary>Of an index in its brackets; 0 if there is none.</summary>
    private static int IndexLength(ReadOnlySpan<char> text)
    {
        if (text is not ['[', ..])
            return 0;
        var start = text is [_, '-', ..] ? 2 : 1;
        var end = start;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
            end++;
        return end > start && end < text.Length && text[end] == ']' ? end + 1 : 0;
    }

    private static bool IsMemberCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
