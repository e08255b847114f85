namespace Actions.Storage;

/// <summary>Defines when two action names are equal.</summary>
public static class ActionName
{
    /// <summary>
    /// Converts a name to the form that is compared and sorted. Each letter is mapped to upper and then to lower case,
    /// so that letters with several lower-case forms (σ and ς) are equal. The mapping is one to one (ß and ss stay
    /// different) and culture-invariant: İ, ı and ſ (long s) are separate letters. Composed and decomposed letters
    /// (U+00E9, U+0065 U+0301) stay different.
    /// </summary>
    public static string Key(string name) => name.ToUpperInvariant().ToLowerInvariant();
}
