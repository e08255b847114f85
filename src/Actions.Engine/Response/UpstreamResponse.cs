using System.Text.Json;
using Actions.Engine.Extraction.Paths;

namespace Actions.Engine.Response;

/// <summary>A response that was read.</summary>
/// <param name="message">Its status and headers.</param>
/// <param name="body">The bytes after decoding; empty when the status alone decides.</param>
/// <param name="json">Null: no JSON.</param>
/// <param name="unreadable">Why it isn't the JSON that it claims or needs to be; null: it is, or needn't be.</param>
/// <param name="budget">What the rules, results and warnings may cost together.</param>
internal sealed class UpstreamResponse(
    HttpResponseMessage message, ReadOnlyMemory<byte> body, JsonDocument? json, string? unreadable, WorkBudget budget)
    : IDisposable
{
    public int Status => (int)message.StatusCode;

    public string ContentType => ContentTypeOf(message);

    public ReadOnlyMemory<byte> Body => body;

    public JsonElement? Json => json?.RootElement;

    public string? Unreadable => unreadable;

    public WorkBudget Budget => budget;

    public static string ContentTypeOf(HttpResponseMessage message) => HeaderOf(message, "Content-Type") ?? "";

    public void Dispose() => json?.Dispose();

    /// <summary>All values of a header, joined as RFC 9110 section 5.3 allows; null: not there.</summary>
    public string? Header(string name) => HeaderOf(message, name);

    /// <summary>How long the API asks to wait, RFC 9110 section 10.2.3.</summary>
    public TimeSpan? RetryAfter(TimeProvider time)
    {
        if (message.Headers.RetryAfter is { } wait)
            return wait.Delta ?? (wait.Date - time.GetUtcNow());
        // More seconds than the parser can count are still a number of seconds.
        return Header("Retry-After") is { Length: > 0 } text && text.All(char.IsAsciiDigit) ? TimeSpan.MaxValue : null;
    }

    private static string? HeaderOf(HttpResponseMessage message, string name) =>
        message.Headers.NonValidated.TryGetValues(name, out var values)
        || message.Content.Headers.NonValidated.TryGetValues(name, out values)
            ? string.Join(", ", values)
            : null;
}
