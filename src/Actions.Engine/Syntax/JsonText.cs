using System.Text.Json;

namespace Actions.Engine.Syntax;

/// <summary>
/// Decodes the strings of a JSON document. System.Text.Json reports one that isn't Unicode text as an
/// <see cref="InvalidOperationException"/>, these methods as a <see cref="NotUnicodeException"/>.
/// </summary>
internal static class JsonText
{
    /// <summary>The value of a JSON string.</summary>
    /// <exception cref="NotUnicodeException">It isn't Unicode text.</exception>
    public static string Text(this JsonElement element)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException) when (element.ValueKind == JsonValueKind.String)
        {
            throw new NotUnicodeException();
        }
    }

    /// <summary>The name of an object's member.</summary>
    /// <exception cref="NotUnicodeException">It isn't Unicode text.</exception>
    public static string NameText(this JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            throw new NotUnicodeException();
        }
    }

    /// <summary>Looks for a member of an object.</summary>
    /// <exception cref="NotUnicodeException">A name that had to be decoded for the comparison isn't Unicode
    /// text.</exception>
    public static bool TryGetMember(this JsonElement element, string name, out JsonElement member)
    {
        try
        {
            return element.TryGetProperty(name, out member);
        }
        catch (InvalidOperationException) when (element.ValueKind == JsonValueKind.Object)
        {
            throw new NotUnicodeException();
        }
    }

    /// <summary>Whether two values are the same JSON, see <see cref="JsonElement.DeepEquals"/>.</summary>
    /// <exception cref="NotUnicodeException">A string in one of them isn't Unicode text.</exception>
    public static bool AreEqual(JsonElement left, JsonElement right)
    {
        try
        {
            return JsonElement.DeepEquals(left, right);
        }
        catch (InvalidOperationException)
        {
            throw new NotUnicodeException();
        }
    }
}
