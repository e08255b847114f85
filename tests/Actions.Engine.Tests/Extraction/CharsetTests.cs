using System.Text;
using Actions.Engine.Response;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Extraction;

/// <summary>JSON is UTF-8; where an answer says otherwise it is believed.</summary>
public sealed class CharsetTests : IDisposable
{
    private const string Json = """{"name": "Größe €"}""";

    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    public static TheoryData<string, byte[], string> Known => new()
    {
        { "utf-8", Encoding.UTF8.GetBytes(Json), "Größe €" },
        { "UTF-8", Encoding.UTF8.GetBytes(Json), "Größe €" },
        { "\"utf-8\"", Encoding.UTF8.GetBytes(Json), "Größe €" },
        { "utf8", Encoding.UTF8.GetBytes(Json), "Größe €" },
        { "utf-8", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Json)], "Größe €" },
        { "iso-8859-1", Encoding.Latin1.GetBytes(Json), "Größe ?" },
        { "latin1", Encoding.Latin1.GetBytes(Json), "Größe ?" },
        { "windows-1252", Encode("windows-1252"), "Größe €" },
        { "iso-8859-15", Encode("iso-8859-15"), "Größe €" },
        { "us-ascii", "{\"name\": \"Size\"}"u8.ToArray(), "Size" },
        { "utf-16", Encoding.Unicode.GetBytes(Json), "Größe €" },
        { "utf-16", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Json)], "Größe €" },
        { "utf-16", [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(Json)], "Größe €" },
        { "utf-16le", Encoding.Unicode.GetBytes(Json), "Größe €" },
        { "utf-16be", Encoding.BigEndianUnicode.GetBytes(Json), "Größe €" },
        { "utf-32", Encoding.UTF32.GetBytes(Json), "Größe €" },
        { "shift_jis", Encode("shift_jis", """{"name": "漢字"}"""), "漢字" },
        { "gb18030", Encode("gb18030", """{"name": "漢字"}"""), "漢字" },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public async Task CharsetKnown_Honoured(string charset, byte[] body, string name)
    {
        await using var api = RawUpstream.AnsweringOnce(Answer(charset, body));

        (await _engine.ResultAsync(Configs.Get(api.Url).Selecting("name", "$.name"))).Variables["name"].ShouldBe(Value.ForString(name));
    }

    // Some of these the platform knows and refuses; what matters is that the answer is read, or refused as an answer.
    [Theory]
    [InlineData("utf-7")]
    [InlineData("unicode-1-1-utf-7")]
    [InlineData("x-unknown")]
    [InlineData("\"\"")]
    [InlineData("\"a b\"")]
    [InlineData("65001")]
    [InlineData("binary")]
    [InlineData("x-user-defined")]
    [InlineData("replacement")]
    [InlineData("größe")]
    public async Task CharsetUnknown_TakenForUtf8AndNamed(string charset)
    {
        await using var api = RawUpstream.AnsweringOnce(Answer(charset, Encoding.UTF8.GetBytes(Json)));

        var result = await _engine.ResultAsync(Configs.Get(api.Url).Selecting("name", "$.name"));

        result.Variables["name"].ShouldBe(Value.ForString("Größe €"));
        var label = string.Concat(charset.Trim('"').Where(char.IsAscii));
        result.Warnings.Select(warning => (warning.Kind, warning.Detail)).ShouldBe(
            label is "" or "65001" or "x-user-defined" ? [] :
            [(WarningKind.InvalidBody,
                $"The response's body can't be read as it is declared: the charset '{label}' is unknown.")]);
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("x-unknown")]
    public async Task NotInItsCharset_Windows1252WithAWarning(string charset)
    {
        await using var api = RawUpstream.AnsweringOnce(Answer(charset, Encode("windows-1252")));

        var result = await _engine.ResultAsync(Configs.Get(api.Url).Selecting("name", "$.name", required: true));

        result.Variables["name"].ShouldBe(Value.ForString("Größe €"));
        result.Warnings.ShouldHaveSingleItem().Detail.ShouldEndWith(
            "its text isn't UTF-8; what isn't was read as windows-1252.");
    }

    [Fact]
    public async Task Body_HandedOnAsItCame()
    {
        var body = Encoding.Unicode.GetBytes(Json);
        await using var api = RawUpstream.AnsweringOnce(Answer("utf-16", body));

        var result = await _engine.ResultAsync(Configs.Get(api.Url));

        result.Body.ToByteArray().ShouldBe(body);
        result.ContentType.ShouldBe("application/json; charset=utf-16");
    }

    [Fact]
    public async Task Initialize_HonoursItToo()
    {
        await using var api = RawUpstream.AnsweringOnce(Answer("windows-1252", Encode("windows-1252")));

        var field = (await _engine.InitializeAsync(Configs.Get(api.Url))).Sample.Fields.ShouldHaveSingleItem();

        field.Value.ShouldBe(Value.ForString("Größe €"));
    }

    private static byte[] Encode(string charset, string json = Json) =>
        CodePagesEncodingProvider.Instance.GetEncoding(charset)!.GetBytes(json);

    private static byte[] Answer(string charset, byte[] body) =>
    [
        .. Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset={charset}\r\nContent-Length: {body.Length}\r\n\r\n"),
        .. body,
    ];
}
