namespace Actions.Storage;

/// <summary>The rule by which two names are the same.</summary>
public static class ActionName
{
    /// <summary>
    /// The form that is compared and ordered: each letter mapped to its upper and then to its lower case, so that
    /// letters with several lower-case forms (σ and ς) fall together. One letter becomes one letter (ß and ss stay
    /// different) and no language's own rule applies: İ, ı and ſ (long s) are letters of their own. Composed and
    /// decomposed letters (U+00E9, U+0065 U+0301) stay different names.
    /// </summary>
    public static string Key(string name) => name.ToUpperInvariant().ToLowerInvariant();
}
