namespace Actions.Engine.Http;

/// <summary>application/x-www-form-urlencoded, WHATWG URL section 5.2, with UTF-8.</summary>
internal static class FormUrlEncoding
{
    // Form encoding escapes "~", RFC 3986 doesn't; every parser decodes both.
    public static string Encode(string text) =>
        Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal);
}
