using System.Text;
using Actions.Engine.Decoding;
using FsCheck;
using FsCheck.Fluent;

namespace Actions.Engine.Tests.Extraction;

/// <summary>Content types as they are specified, and as they are written.</summary>
public sealed class ContentTypePropertyTests
{
    private const int Runs = 2_000;

    private static readonly string[] Types =
        ["application/json", "text/plain", "application/problem+json", "text/xml", "a/b"];

    private static readonly string[] Others =
        ["", "boundary=x", "profile=\"a;b, c\"", "q=1", "x", "version='1'", "empty=", "charsets=no"];

    private static readonly string[] Labels = ["utf-8", "latin1", "windows-31j", "MS932", "iso-8859-1", "unknown-1"];

    private static Gen<string> Spaces { get; } = Gen.Elements("", " ", "  ", "\t");

    private static Gen<string> Upper(string text) => Gen.Elements(text, text.ToUpperInvariant());

    private static Gen<string> Quoted(string label) =>
        Gen.Elements(label, $"\"{label}\"", $"'{label}'", $"\" {label}\"", $"\"{label[0]}\\{label[1..]}\"");

    /// <summary>What was meant, and how it is written.</summary>
    private static Arbitrary<(string Type, string Label, string Text)> Written { get; } = (
        from type in Gen.Elements(Types)
        from label in Gen.Elements(Labels)
        from writtenType in Upper(type)
        from name in Upper("charset")
        from value in Quoted(label)
        from before in Gen.Elements(Others)
        from after in Gen.Elements(Others)
        from a in Spaces
        from b in Spaces
        from c in Spaces
        from d in Spaces
        from end in Gen.Elements("", ";", " ; ", ", text/html; charset=koi8-r")
        select (type, label, $"{a}{writtenType}{b};{c}{before}{d};{a}{name}{b}={c}{value}{d};{after}{end}"))
            .ToArbitrary();

    [Fact]
    public void HoweverItIsWritten_TypeAndCharsetAreRead() => Check.One(Seeded.Runs(Runs), Prop.ForAll(
        Written,
        written => ContentType.Parse(written.Text) == new ContentType(written.Type, written.Label)));

    [Fact]
    public void AnyText_IsReadWithoutAnException() => Check.One(Seeded.Runs(Runs), Prop.ForAll(
        Gen.Elements('/', ';', '=', '"', '\'', '\\', ',', ' ', 'a', 'j').ArrayOf().Select(
            text => new string(text)).ToArbitrary(),
        text =>
        {
            var type = ContentType.Parse(text);
            BodyText.Decode("{}"u8.ToArray(), type.Charset, isJson: true).Bytes.ToArray().ShouldBe("{}"u8.ToArray());
            return type.MediaType.Length == 0 || type.MediaType.Contains('/', StringComparison.Ordinal);
        }));

    [Fact]
    public void AnyBytes_AreTextInUtf8() => Check.One(Seeded.Runs(Runs), Prop.ForAll(
        (from bytes in Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf()
         from label in Gen.Elements(
             [.. Labels, "", "utf-16", "big5", "gb18030", "euc-kr", "iso-2022-jp", "iso-8859-16", "x-user-defined"])
         from isJson in Gen.Elements(true, false)
         select (bytes, label, isJson)).ToArbitrary(),
        body =>
        {
            var text = BodyText.Decode(body.bytes, body.label, body.isJson);
            return System.Text.Unicode.Utf8.IsValid(text.Bytes.Span)
                && !ControlCharacters.ReplaceC1(Encoding.UTF8.GetString(text.Bytes.Span)).Any(
                    c => c is >= '\u0080' and <= '\u009f');
        }));
}
