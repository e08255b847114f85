using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Actions.Engine.Decoding;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Extraction.Xml;
using Actions.Engine.Syntax;

namespace Actions.Engine.Response;

/// <summary>
/// A response's body, read as what a field needs: JSON, XML or text, whatever its Content-Type says. Each is read once,
/// when it is first needed. Execute and Initialize read bodies in this way.
/// </summary>
/// <param name="bytes">Without content codings.</param>
/// <param name="contentType">The response's Content-Type.</param>
/// <param name="maxDepth">The limit of nested arrays and objects, or elements.</param>
/// <param name="budget">Limits the work.</param>
internal sealed partial class ResponseBody(
    ReadOnlyMemory<byte> bytes, string contentType, int maxDepth, WorkBudget budget)
    : IDisposable
{
    private readonly ContentType _type = ContentType.Parse(contentType);

    private BodyText? _text;
    private string? _string;
    private JsonDocument? _json;
    private Evaluation? _queries;
    private XmlBody? _xml;
    private bool _isJsonRead;
    private bool _isXmlRead;

    public ReadOnlyMemory<byte> Bytes => bytes;

    public string StatedType => contentType;

    public ContentType Type => _type;

    /// <summary>Nothing, or nothing but white space and a byte order mark.</summary>
    public bool IsBlank { get; } = IsBlankText(bytes.Span);

    /// <summary>Null: it isn't JSON.</summary>
    public JsonElement? Json
    {
        get
        {
            if (!_isJsonRead)
                _json = IsBlank ? null : ParseJson();
            _isJsonRead = true;
            return _json?.RootElement;
        }
    }

    /// <summary>Null: it isn't XML.</summary>
    public XmlBody? Xml
    {
        get
        {
            if (!_isXmlRead)
                _xml = IsBlank ? null : ParseXml();
            _isXmlRead = true;
            return _xml;
        }
    }

    /// <summary>Null: it is blank.</summary>
    public string? Text => IsBlank ? null : _string ??= Encoding.UTF8.GetString(Decoded.Bytes.Span);

    /// <summary>Whether Initialize offers the fields of XML. HTML is XML by accident only.</summary>
    public bool LooksLikeXml =>
        _type.ClaimsXml || (_type.MediaType != "text/html" && Text?.TrimStart().StartsWith('<') == true);

    /// <summary>Why a body that was read as JSON isn't JSON; quotes nothing of it.</summary>
    public string? NotJson { get; private set; }

    /// <summary>Why a body that was read as XML isn't XML; quotes nothing of it.</summary>
    public string? NotXml { get; private set; }

    /// <summary>The encoding in which the body's text came.</summary>
    public Encoding Encoding => Decoded.Encoding;

    /// <summary>What couldn't be read as it was meant; quotes nothing of the body.</summary>
    public IEnumerable<string> Problems
    {
        get
        {
            if (_type.ClaimsJson && Json is null && NotJson is { } notJson)
                yield return $"it {notJson}";
            if (_type.ClaimsXml && NotXml is { } notXml)
                yield return $"it {notXml}";
            // A charset is of interest only if a text is read.
            if (_text?.Problem is { } problem)
                yield return problem;
        }
    }

    private BodyText Decoded =>
        _text ??= BodyText.Decode(bytes, CharsetOf(), isJson: _type.ClaimsJson || LooksLikeJson);

    public bool LooksLikeJson => bytes.Span.TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..];

    /// <summary>The node that a singular query selects; null if there is none. All of them are one evaluation: what one
    /// finds out about the document, such as whether it has escapes, holds for the others.</summary>
    public JsonElement? SelectOnly(JsonPath path) =>
        Json is { } root ? path.SelectOnlyFrom(root, _queries ??= new Evaluation(root, budget)) : null;

    public void Dispose() => _json?.Dispose();

    private static bool IsBlankText(ReadOnlySpan<byte> body)
    {
        if (body.StartsWith(Encoding.UTF8.Preamble))
            body = body[Encoding.UTF8.Preamble.Length..];
        return body.IndexOfAnyExcept(" \t\r\n"u8) < 0
            || body is [0xFF, 0xFE] or [0xFE, 0xFF];
    }

    private JsonDocument? ParseJson()
    {
        var json = JsonBytes.WithoutHalfPairs(JsonBytes.WithoutPrefix(Decoded.Bytes));
        budget.Pass(json.Length);
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = maxDepth });
        }
        catch (JsonException e)
        {
            var (line, at) = (e.LineNumber + 1, e.BytePositionInLine + 1);
            NotJson = $"isn't JSON of at most {maxDepth} levels (line {line}, byte {at})";
            return null;
        }
    }

    private XmlBody? ParseXml()
    {
        try
        {
            return XmlBody.Parse(Text!, maxDepth, budget);
        }
        catch (SyntaxException e)
        {
            NotXml = e.Message;
            return null;
        }
    }

    /// <summary>RFC 7303 section 3: the Content-Type's charset comes before the one in the document.</summary>
    private string CharsetOf() => _type.Charset.Length > 0 || !bytes.Span.TrimStart(" \t\r\n"u8).StartsWith("<?xml"u8)
        ? _type.Charset
        : XmlEncoding().Match(Encoding.Latin1.GetString(bytes.Span[..Math.Min(bytes.Length, 256)])).Groups[1].Value;

    [GeneratedRegex("""^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")]
    private static partial Regex XmlEncoding();
}
