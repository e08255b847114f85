using System.Text;
using System.Text.RegularExpressions;
using Actions.Engine.Tests.Outbound.Authentication;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Masking;

/// <summary>What a sample shows of a secret that stands where it is cut, or that is larger than a sample.</summary>
public sealed class CutTests : IDisposable
{
    private const int Shown = 64 << 10;

    private const string Secret = "hunter2-secret";

    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    public static TheoryData<string, string> Repeated => new()
    {
        { "as it is", "hunter2-secret " },
        { "one after the other", "hunter2-secret" },
        { "percent", "%68%75%6e%74%65%72%32%2d%73%65%63%72%65%74&" },
        { "JSON", """{"k":"\u0068\u0075\u006e\u0074\u0065\u0072\u0032-secret"}""" },
        { "HTML", "&#104;&#x75;&#110;&#116;&#101;&#114;&#50;&#x2d;secret<br>" },
        { "base64", $"{Convert.ToBase64String("hunter2-secret"u8)} " },
        { "base64 in lines", Lines(string.Concat(Enumerable.Repeat("key=hunter2-secret;", 400))) },
        { "hex", $"{Convert.ToHexString("hunter2-secret"u8)}," },
    };

    /// <summary>The mask is shorter than the secret: what is shown reaches to the end of what is read.</summary>
    [Theory]
    [MemberData(nameof(Repeated))]
    public async Task RepeatedBeyondAllCuts_NoPartIsShown(string form, string text)
    {
        for (var shift = 0; shift < 3; shift++)
        {
            var body = new string('-', shift) + string.Concat(Enumerable.Repeat(text, 300_000 / text.Length));
            await using var api = RawUpstream.Answering(RawUpstream.Response(body, "text/plain"));
            var config = Configs.Get($"{api.Url}/");
            config.Authentication = Methods.Bearer("hunter2-secret");

            var shown = (await _engine.InitializeAsync(config)).Sample.Body.ToStringUtf8();

            shown.Contains("MASKED", StringComparison.Ordinal).ShouldBeTrue();
            var read = Reads(shown, form);
            foreach (var start in Enumerable.Range(0, Secret.Length - 3))
                read.Contains(Secret.Substring(start, 4), StringComparison.Ordinal)
                    .ShouldBeFalse($"{form}, {shift}, {start}: it ends with {shown[^Math.Min(100, shown.Length)..]}");
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1_000, false)]
    [InlineData(1_000, true)]
    [InlineData(Shown - 2, false)]
    public async Task LargeSensitiveValue_MaskedWhereItBegins(int before, bool isEscaped)
    {
        var value = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{i:x5}"));
        var echo = isEscaped ? string.Concat(value.Select(c => $"\\u{(int)c:x4}")) : value;
        var body = new string('.', before) + echo + "!";
        await using var api = RawUpstream.Answering(RawUpstream.Response(body, "text/plain"));
        var config = Configs.Get($"{api.Url}/");
        config.Variables.Add(new Variable { Name = "scan", Sensitive = true });

        var sample = (await _engine.InitializeAsync(config, Configs.Values(("scan", value)))).Sample;

        var expected = new string('.', before) + (isEscaped ? "MASKED" : "MASKED!");
        sample.Body.ToStringUtf8().ShouldBe(expected[..Math.Min(expected.Length, Shown)]);
        sample.BodyTruncated.ShouldBeTrue();
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("windows-1252")]
    public async Task OtherCharset_NoPartIsShown(string charset)
    {
        var encoding = CodePagesEncodingProvider.Instance.GetEncoding(charset) ?? Encoding.GetEncoding(charset);
        var body = encoding.GetBytes(string.Concat(Enumerable.Repeat("für hunter2-secret ", 20_000)));
        var head = "HTTP/1.1 200 OK\r\n"
            + $"Content-Type: text/plain; charset={charset}\r\nContent-Length: {body.Length}\r\n\r\n";
        await using var api = RawUpstream.AnsweringOnce((byte[])[.. Encoding.ASCII.GetBytes(head), .. body]);
        var config = Configs.Get($"{api.Url}/");
        config.Authentication = Methods.Bearer("hunter2-secret");

        var sample = (await _engine.InitializeAsync(config)).Sample;

        var shown = encoding.GetString(sample.Body.Span);
        shown.ShouldStartWith("für MASKED für MASKED");
        shown.ShouldNotContain("hunt");
    }

    private static string Reads(string shown, string form) => form switch
    {
        "percent" => Uri.UnescapeDataString(shown),
        "JSON" => Regex.Replace(
            shown, @"\\u([0-9a-f]{4})", match => ((char)Convert.ToInt32(match.Groups[1].Value, 16)).ToString()),
        "HTML" => System.Net.WebUtility.HtmlDecode(shown),
        "hex" => Decoded(shown, digits: 2, text => Convert.FromHexString(text)),
        "base64" or "base64 in lines" =>
            Decoded(shown.ReplaceLineEndings(""), digits: 4, text => Convert.FromBase64String(text)),
        _ => shown,
    };

    /// <summary>What the digits between the masks stand for, wherever they begin.</summary>
    private static string Decoded(string shown, int digits, Func<string, byte[]> decode) => string.Join(
        '\n',
        from part in shown.Split("MASKED")
        from run in Regex.Matches(part, "[A-Za-z0-9+/]+").Select(match => match.Value)
        from skip in Enumerable.Range(0, digits)
        where run.Length >= skip + digits
        select Encoding.Latin1.GetString(Try(decode, run.Substring(skip, (run.Length - skip) / digits * digits))));

    private static byte[] Try(Func<string, byte[]> decode, string text)
    {
        try
        {
            return decode(text);
        }
        catch (FormatException)
        {
            return [];
        }
    }

    private static string Lines(string text) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(text), Base64FormattingOptions.InsertLineBreaks);
}
