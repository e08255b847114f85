using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Actions.Engine.Masking;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Masking;

public sealed class SecretMaskTests
{
    private const string Hard = "p@ss \"w0rd\"/<&'\\+=%ключ😀";

    private static readonly Dictionary<string, Func<string, string>> Forms = new()
    {
        ["as it is"] = text => text,
        ["percent"] = Uri.EscapeDataString,
        ["percent, lower case"] = text => string.Concat(Encoding.UTF8.GetBytes(text).Select(b => $"%{b:x2}")),
        ["form"] = text => WebUtility.UrlEncode(text),
        ["JSON"] = text => JsonSerializer.Serialize(text),
        ["JSON, relaxed"] = text => JsonSerializer.Serialize(text, Relaxed),
        ["JSON, all of it"] = text => string.Concat(text.Select(c => $"\\u{(int)c:X4}")),
        ["JSON in JSON"] = text => JsonSerializer.Serialize(JsonSerializer.Serialize(text)),
        ["JSON in JSON in JSON"] =
            text => JsonSerializer.Serialize(JsonSerializer.Serialize(JsonSerializer.Serialize(text))),
        ["JSON in JSON in JSON, relaxed"] = text => Relaxedly(Relaxedly(Relaxedly(text))),
        ["JSON in a query"] = text => Uri.EscapeDataString(JsonSerializer.Serialize(text)),
        ["JSON in HTML"] = text => HtmlEncoder.Default.Encode(JsonSerializer.Serialize(text)),
        ["HTML in JSON"] = text => JsonSerializer.Serialize(HtmlEncoder.Default.Encode(text)),
        ["percent twice"] = text => Uri.EscapeDataString(Uri.EscapeDataString(text)),
        ["percent in JSON"] = text => JsonSerializer.Serialize(Uri.EscapeDataString(text)),
        ["HTML"] = text => HtmlEncoder.Default.Encode(text),
        ["HTML, by hand"] = text => text.Replace("&", "&amp;").Replace("<", "&lt;").Replace("\"", "&quot;").Replace("'", "&apos;"),
        ["HTML, twice"] = text => HtmlEncoder.Default.Encode(HtmlEncoder.Default.Encode(text)),
        ["HTML, decimal"] = text => string.Concat(text.EnumerateRunes().Select(rune => $"&#{rune.Value};")),
        ["HTML, hexadecimal"] = text => string.Concat(text.EnumerateRunes().Select(rune => $"&#x{rune.Value:x};")),
        ["HTML, padded"] = text => string.Concat(text.EnumerateRunes().Select(rune => $"&#X{rune.Value:X8};")),
        ["HTML, all names"] = Named,
        ["hex"] = text => Convert.ToHexString(Encoding.UTF8.GetBytes(text)),
        ["hex, lower case"] = text => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text)),
        ["base64"] = Base64,
        ["base64 for URLs"] = text => Base64(text).TrimEnd('=').Replace('+', '-').Replace('/', '_'),
        ["base64 for URLs, padded"] = text => Base64(text).Replace('+', '-').Replace('/', '_'),
        ["base64 in lines"] = text => Lines(Base64(text), 76),
        ["base64 in short lines"] = text => Lines(Base64(text), 4),
        ["base64 in indented lines"] = text => Lines(Base64(text), 8).Replace("\r\n", "\n    "),
        ["base64 in lines in JSON"] = text => JsonSerializer.Serialize(Lines(Base64(text), 16)),
        ["base64 in lines in HTML"] = text => HtmlEncoder.Default.Encode(Lines(Base64(text), 16)),
        ["base64 behind its own characters"] = text => $"/v1/key_{Base64(text)}",
        ["base64 of JSON"] = text => Base64(JsonSerializer.Serialize(text)),
        ["base64 in a query"] = text => Uri.EscapeDataString(Base64(text)),
        ["basic credentials"] = text => Base64($"ann:{text}"),
        ["basic credentials, another name"] = text => Base64($"anna:{text}"),
        ["base64 in between"] = text => Base64($"{{\"k\": \"{text}\", \"n\": 1}}"),
    };

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] Quoting = ["JSON", "base64", "basic"];

    public static TheoryData<string> Names => [.. Forms.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryForm_Masked(string form)
    {
        foreach (var secret in new[] { Hard, "hunter2hunter2", "äöü-ß", "4711", "a b+c", "ab/cd" })
        {
            var text = Forms[form](secret);
            var masked = new SecretMask([secret]).Mask($"before {text}, {text} after");

            masked.ShouldNotContain(text, Case.Sensitive, secret);
            // What quotes it, and what base64 has before and behind it, may stay.
            if (Quoting.Any(quoting => form.Contains(quoting, StringComparison.Ordinal)))
                Regex.Count(masked, "MASKED").ShouldBe(2, secret);
            else
                masked.ShouldBe("before MASKED, MASKED after", secret);
        }
    }

    /// <summary>Wherever the text is cut, what is left of the secret has fewer than four of its characters.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void EveryFormCutAnywhere_EndsWithTheMask(string form)
    {
        const string secret = "hunter2-\"ü\"";
        var whole = Forms[form](secret);
        // Quotes and the like stand before the secret.
        var four = Forms[form](secret[..4]).Length + 12;
        for (var length = 0; length < whole.Length; length++)
        {
            var text = Encoding.UTF8.GetBytes($"before {whole[..length]}");

            var masked = Encoding.UTF8.GetString(new SecretMask([secret]).Mask(text, isCut: true));

            if (length >= four)
                masked.ShouldContain("MASKED", Case.Sensitive, $"{length} of {whole}");
            // Behind a whole secret, what quotes it may stay.
            var isCutInside = new SecretMask([secret]).Mask(text) == text;
            if (isCutInside && masked.Contains("MASKED", StringComparison.Ordinal))
                masked.Split("MASKED")[^1].Trim('"', '\\', '=', '\uFFFD').Length
                    .ShouldBeLessThan(6, $"{length} of {whole}: {masked}");
        }
    }

    [Theory]
    [InlineData("nothing here")]
    [InlineData("%zz \\u12 \\q &; &#; &#xffffffff; + % \\ \\ud800 \\ud800\\u0041 &amp")]
    [InlineData("")]
    public void TextWithoutASecret_Unchanged(string text) => new SecretMask(["s3cret"]).Mask(text).ShouldBe(text);

    [Theory]
    [InlineData("abc")]
    [InlineData("")]
    public void ShortValue_LeftAlone(string value) => new SecretMask([value]).Mask("abc abc").ShouldBe("abc abc");

    [Fact]
    public void ValuesThatOverlap_OneMask() =>
        new SecretMask(["hunter2", "ter2024", "2024"]).Mask("x hunter2024 y 2024").ShouldBe("x MASKED y MASKED");

    [Fact]
    public void Value_MaskedInNamesStringsAndNumbers()
    {
        var mask = new SecretMask(["s3cret", "4711"]);
        var value = Value.ForStruct(new Struct
        {
            Fields =
            {
                ["s3cret"] = Value.ForList(Value.ForNumber(4711), Value.ForNumber(1), Value.ForBool(true), Value.ForNull()),
                ["b"] = Value.ForString("is s3cret"),
            },
        });

        mask.Mask(value).ShouldBe(Value.ForStruct(new Struct
        {
            Fields =
            {
                ["MASKED"] = Value.ForList(Value.ForString("MASKED"), Value.ForNumber(1), Value.ForBool(true), Value.ForNull()),
                ["b"] = Value.ForString("is MASKED"),
            },
        }));
    }

    [Fact]
    public void ListOfThousands_MaskedInEachOfThem()
    {
        var secrets = Enumerable.Range(0, 20_000).Select(i => $"{i:x4}-secret").ToList();

        var masked = new SecretMask(secrets).Mask(string.Join(' ', secrets));

        masked.ShouldBe(string.Join(' ', Enumerable.Repeat("MASKED", secrets.Count)));
    }

    [Fact]
    public void BytesThatAreNoText_KeptAroundTheMask()
    {
        byte[] text = [0xFF, .. "s3cret"u8, 0xC0, 0x00];

        new SecretMask(["s3cret"]).Mask(text).ShouldBe([0xFF, .. "MASKED"u8, 0xC0, 0x00]);
    }

    private static string Relaxedly(string text) => JsonSerializer.Serialize(text, Relaxed);

    private static string Lines(string text, int length) =>
        string.Join("\r\n", text.Chunk(length).Select(line => new string(line)));

    /// <summary>As libraries escape that use all names of HTML 5.</summary>
    private static string Named(string text) => text
        .Replace("&", "&amp;").Replace("@", "&commat;").Replace("\"", "&quot;").Replace("/", "&sol;")
        .Replace("<", "&lt;").Replace("'", "&apos;").Replace("\\", "&bsol;").Replace("+", "&plus;")
        .Replace("=", "&equals;").Replace("%", "&percnt;").Replace("ä", "&auml;").Replace("ö", "&ouml;")
        .Replace("ü", "&uuml;").Replace("ß", "&szlig;");

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
