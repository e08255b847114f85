using Actions.Engine.Extraction.Paths;
using Actions.Engine.Http;
using Actions.Engine.Outcomes;

namespace Actions.Engine.Response;

/// <summary>A response whose body has been read.</summary>
/// <param name="message">The status and headers.</param>
/// <param name="bytes">The body without content codings; empty if it isn't needed.</param>
/// <param name="maxDepth">The limit of nested arrays and objects, or elements.</param>
/// <param name="budget">The shared limit on the work of rules, results and warnings.</param>
/// <param name="owner">Has the bytes, and is disposed with the response; null: nobody.</param>
internal sealed class UpstreamResponse(
    HttpResponseMessage message, ReadOnlyMemory<byte> bytes, int maxDepth, WorkBudget budget, IDisposable? owner = null)
    : IDisposable
{
    public int Status => (int)message.StatusCode;

    public string ContentType => Body.StatedType;

    public ResponseBody Body { get; } = new(bytes, ContentTypeOf(message), maxDepth, budget);

    /// <summary>Why the body can't be used; null if it can.</summary>
    public UpstreamFailure? Problem { get; init; }

    /// <summary>Whether the body is longer than what was read of it.</summary>
    public bool Truncated { get; init; }

    /// <summary>The content coding that the response states and the body doesn't have; null if there is
    /// none.</summary>
    public string? Mislabelled { get; init; }

    public WorkBudget Budget => budget;

    public HttpResponseMessage Message => message;

    /// <summary>What couldn't be read as it was meant; quotes nothing of the body.</summary>
    public IEnumerable<string> BodyProblems => Mislabelled is null
        ? Body.Problems
        : Body.Problems.Prepend($"it isn't in the stated content encoding ({Mislabelled}) and was read as it is");

    public static string ContentTypeOf(HttpResponseMessage message) => HeaderOf(message, "Content-Type") ?? "";

    public void Dispose()
    {
        Body.Dispose();
        owner?.Dispose();
    }

    /// <summary>A text of this response as a body of its own.</summary>
    public ResponseBody Inner(ReadOnlyMemory<byte> text) => new(text, "", maxDepth, budget);

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
            ? HeaderText.Read(values.Count == 1 ? values.ToString() : string.Join(", ", values))
            : null;
}
