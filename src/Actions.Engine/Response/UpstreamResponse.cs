using System.Text.Json;
using Actions.Engine.Extraction.Paths;

namespace Actions.Engine.Response;

/// <summary>A response whose body has been read.</summary>
/// <param name="message">The status and headers.</param>
/// <param name="body">The decoded bytes; empty if the status alone decides.</param>
/// <param name="json">Null: the body isn't JSON.</param>
/// <param name="unreadable">The reason why a body declared or needed as JSON isn't; null if there is no
/// problem.</param>
/// <param name="budget">The shared limit on the work of rules, results and warnings.</param>
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

    /// <summary>All values of a header, joined as RFC 9110 section 5.3 allows; null if there is none.</summary>
    public string? Header(string name) => HeaderOf(message, name);

    /// <summary>The wait that the API asks for, RFC 9110 section 10.2.3.</summary>
    public TimeSpan? RetryAfter(TimeProvider time)
    {
        if (message.Headers.RetryAfter is { } wait)
            return wait.Delta ?? (wait.Date - time.GetUtcNow());
        // A number of seconds beyond the parser's range is still valid.
        return Header("Retry-After") is { Length: > 0 } text && text.All(char.IsAsciiDigit) ? TimeSpan.MaxValue : null;
    }

    private static string? HeaderOf(HttpResponseMessage message, string name) =>
        message.Headers.NonValidated.TryGetValues(name, out var values)
        || message.Content.Headers.NonValidated.TryGetValues(name, out values)
            ? string.Join(", ", values)
            : null;
}
