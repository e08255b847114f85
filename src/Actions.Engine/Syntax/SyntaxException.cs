namespace Actions.Engine.Syntax;

/// <summary>
/// A parser or decoder of the engine can't read its input: malformed, or beyond a limit. Not a <see
/// cref="FormatException"/>,
/// so that an exception of the .NET libraries is never reported as the user's or the API's mistake.
/// </summary>
/// <remarks>The message completes a sentence that starts with the name of the input, and has no full stop.</remarks>
internal class SyntaxException(string message) : Exception(message);

/// <summary>
/// A string of a JSON document isn't Unicode text: an escape such as <c>\ud800</c> alone is valid JSON, but half a
/// surrogate pair.
/// </summary>
internal sealed class NotUnicodeException() : SyntaxException("has a string that isn't Unicode text (half a surrogate pair)");
