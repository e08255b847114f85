using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Web;
using Actions.Engine.Decoding;

namespace Actions.Engine.Outbound.Authentication;

/// <summary>
/// A token endpoint's answer, RFC 6749 sections 5.1 and 5.2: JSON, or a form as some endpoints send it. What isn't
/// there, or isn't a text, is null.
/// </summary>
/// <param name="ExpiresIn">A number, or any other text.</param>
/// <param name="Error">The code of section 5.2, or an object's JSON.</param>
internal sealed record TokenAnswer(string? AccessToken, string? TokenType, string? ExpiresIn, string? Error,
    string? ErrorDescription)
{
    // Shorter than any that can be used: nothing at all can't be renewed in time either.
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(365);

    // Types whose requests need more than the token. All other words are read as "bearer": endpoints write what they
    // like there, and the API decides.
    private static readonly FrozenDictionary<string, string> OtherTypes = new Dictionary<string, string>
    {
        ["mac"] = "the type mac, which needs a signature of each request",
        ["dpop"] = "the type DPoP (RFC 9449), which needs a proof of possession with each request; ask for a bearer token",
        ["pop"] = "the type pop, which needs a proof of possession with each request; ask for a bearer token",
        ["n_a"] = "the type N_A (RFC 8693): it isn't an access token; ask for one with requested_token_type",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public static TokenAnswer Nothing { get; } = new(null, null, null, null, null);

    /// <summary>The reason why the token isn't one that can be sent as a bearer token; null if it can.</summary>
    public string? OtherType => OtherTypes.GetValueOrDefault(TokenType?.Trim() ?? "");

    /// <summary>Visible ASCII: a space would end the token in the header (RFC 6750 section 2.1).</summary>
    public bool CanBeSent => AccessToken is { Length: > 0 } token && token.All(c => c is > ' ' and <= '~');

    /// <param name="contentType">As the endpoint states it; often wrong.</param>
    public static TokenAnswer Read(ReadOnlyMemory<byte> body, string contentType)
    {
        var decoded = BodyText.Decode(body, ContentType.Parse(contentType).Charset, isJson: true);
        var text = Encoding.UTF8.GetString(decoded.Bytes.Span).Trim();
        if (text.StartsWith('{'))
            return ReadJson(text);
        // Also by its shape, because a form may be labelled as text/plain or text/html.
        var isForm = contentType.Contains("x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
            || !text.Any(c => char.IsWhiteSpace(c) || c is '<' or '"');
        return isForm && text.Contains('=', StringComparison.Ordinal) ? ReadForm(text) : Nothing;
    }

    /// <returns>How long the token is valid; null if the answer doesn't say so.</returns>
    public TimeSpan? Lifetime() =>
        double.TryParse(ExpiresIn, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            && double.IsFinite(seconds)
            ? TimeSpan.FromSeconds(Math.Clamp(seconds, 0, LongestLifetime.TotalSeconds))
            : null;

    private static TokenAnswer ReadJson(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var answer = json.RootElement;
            return new TokenAnswer(
                Text(answer, "access_token", ofAnyKind: false),
                Text(answer, "token_type"),
                Text(answer, "expires_in"),
                NotEmpty(Text(answer, "error")),
                NotEmpty(Text(answer, "error_description")));
        }
        // Text with half a surrogate pair is an invalid operation.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Nothing;
        }
    }

    private static string? Text(JsonElement answer, string name, bool ofAnyKind = true) =>
        answer.TryGetProperty(name, out var value)
            && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined)
        && (ofAnyKind || value.ValueKind == JsonValueKind.String)
            ? value.ToString()
            : null;

    private static TokenAnswer ReadForm(string text)
    {
        var form = HttpUtility.ParseQueryString(text);
        return new TokenAnswer(
            First(form.GetValues("access_token")),
            First(form.GetValues("token_type")),
            First(form.GetValues("expires_in")),
            NotEmpty(First(form.GetValues("error"))),
            NotEmpty(First(form.GetValues("error_description"))));
    }

    private static string? NotEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    private static string? First(string[]? values) => values is [var first, ..] ? first : null;
}
