using System.Globalization;
using System.Text;
using Actions.Engine.Masking;
using Actions.Engine.Response;

namespace Actions.Engine.Outbound.Authentication;

/// <summary>Why a token endpoint's answer is no token.</summary>
/// <param name="Detail">For developers: with the endpoint's own words, masked.</param>
/// <param name="MayBeOfTheMethod">The endpoint may accept another way of authenticating.</param>
/// <param name="Retryable">The same request may succeed later.</param>
internal sealed record TokenRefusal(string Detail, bool MayBeOfTheMethod, bool Retryable)
{
    // Characters of the endpoint's own words. Enough for a sentence and a link.
    private const int LongestCode = 100;
    private const int LongestDescription = 500;

    /// <returns>Null: the answer has a token that can be sent.</returns>
    public static TokenRefusal? Of(HttpResponseMessage response, TokenAnswer answer, SecretMask mask)
    {
        var status = (int)response.StatusCode;
        if (status is < 200 or > 299 || (answer.AccessToken is null && answer.Error is not null))
            return new TokenRefusal(
                $"The token endpoint answered with status {status}{Explain(response, answer, mask)}",
                // A request that came too early, too late or too often says nothing about the way.
                MayBeOfTheMethod: status is < 300 or (>= 400 and <= 499 and not (408 or 425 or 429)),
                Retryable: status is 408 or 425 or 429 or >= 500);
        if (answer.AccessToken is null)
            return Final($"The token endpoint's response (status {status}{ContentTypeOf(response, mask)}) has no access_token.");
        if (answer.OtherType is { } needs)
            return Final($"The token endpoint returned a token that isn't a bearer token. It has {needs}.");
        return answer.CanBeSent ? null : Final("The token endpoint returned a token that can't be sent.");
    }

    private static TokenRefusal Final(string detail) => new(detail, MayBeOfTheMethod: false, Retryable: false);

    private static string Explain(HttpResponseMessage response, TokenAnswer answer, SecretMask mask)
    {
        if ((int)response.StatusCode is >= 300 and <= 399)
            return ". Its redirects aren't followed: the token URL must be the final one.";
        if (answer.Error is null && answer.ErrorDescription is null)
            return ContentTypeOf(response, mask) is { Length: > 0 } type ? $" ({type[2..]})." : ".";
        string?[] words =
        [
            answer.Error is null ? null : Shown(answer.Error, LongestCode, mask),
            answer.ErrorDescription is null ? null : Shown(answer.ErrorDescription, LongestDescription, mask),
        ];
        return $": {string.Join(", ", words.Where(word => word is { Length: > 0 }))}.";
    }

    private static string ContentTypeOf(HttpResponseMessage response, SecretMask mask) =>
        Shown(UpstreamResponse.ContentTypeOf(response), LongestCode, mask) is { Length: > 0 } type ? $", {type}" : "";

    /// <summary>
    /// Masked before it is cut: a part of a secret would not be found. Controls are escaped, because the text stands in
    /// logs.
    /// </summary>
    private static string Shown(string words, int length, SecretMask mask)
    {
        var shown = new StringBuilder();
        foreach (var rune in mask.Mask(words).Trim().TrimEnd('.').EnumerateRunes())
        {
            if (shown.Length >= length)
                return shown.Append('…').ToString();
            if (IsInvisible(rune))
                shown.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            else
                shown.Append(rune.ToString());
        }

        return shown.ToString();
    }

    private static bool IsInvisible(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
