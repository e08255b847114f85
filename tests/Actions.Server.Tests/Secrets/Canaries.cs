using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Actions.Server.Tests.Secrets;

/// <summary>Random values that must not be seen, and the search for them in any of the forms that they could leak
/// in.</summary>
internal sealed class Canaries
{
    // What every place that carries a value has to escape, one or the other.
    private const string Alphabet = "ABCDEFGHabcdefgh23456789\"\\/<>&'+=% ;:,{}?#ü";

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ConcurrentQueue<string> _values = [];

    public int Count => _values.Count;

    /// <summary>A new one, too random to stand anywhere by chance.</summary>
    public string New()
    {
        // Ends that nothing trims, and that JSON, HTML and URLs leave alone.
        var value = $"c{string.Concat(Enumerable.Range(0, 22).Select(_ => Alphabet[RandomNumberGenerator.GetInt32(Alphabet.Length)]))}y";
        return Keep(value);
    }

    public string Keep(string value)
    {
        _values.Enqueue(value);
        return value;
    }

    /// <returns>What finds any of them in a text of bytes, each byte a character.</returns>
    public SearchValues<string> ToSearch() =>
        SearchValues.Create([.. _values.SelectMany(Forms).Select(Bytes).Distinct()], StringComparison.Ordinal);

    /// <summary>Bytes as a text that <see cref="ToSearch"/> can look through.</summary>
    public static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>As it could leak.</summary>
    public static IEnumerable<string> Forms(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        yield return value;
        yield return Uri.EscapeDataString(value);
        yield return string.Concat(bytes.Select(b => char.IsAsciiLetterOrDigit((char)b) ? $"{(char)b}" : $"%{b:x2}"));
        yield return WebUtility.UrlEncode(value);
        yield return JsonSerializer.Serialize(value)[1..^1];
        yield return JsonSerializer.Serialize(value, Relaxed)[1..^1];
        yield return string.Concat(value.Select(c => $"\\u{(int)c:x4}"));
        yield return HtmlEncoder.Default.Encode(value);
        yield return Convert.ToHexString(bytes);
        yield return Convert.ToHexStringLower(bytes);
        // Wherever it begins in base64: the characters that depend on nothing else.
        for (var before = 0; before < 3; before++)
        {
            var base64 = Convert.ToBase64String([.. new byte[before], .. bytes]);
            base64 = base64[((before * 8 + 5) / 6)..((before + bytes.Length) * 8 / 6)];
            yield return base64;
            yield return base64.Replace('+', '-').Replace('/', '_');
            yield return Uri.EscapeDataString(base64);
        }
    }

    private static string Bytes(string form) => Text(Encoding.UTF8.GetBytes(form));
}
