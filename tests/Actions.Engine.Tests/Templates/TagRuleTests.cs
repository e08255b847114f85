using Actions.Engine.Limits;
using Actions.Engine.Templates;

namespace Actions.Engine.Tests.Templates;

/// <summary>Where angle brackets are a tag, and where they are a placeholder.</summary>
public sealed class TagRuleTests : IDisposable
{
    private const string Xml = "text/xml";
    private const string Html = "text/html";
    private const string Message = "message";

    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    // With order_id = A-1, name = Ann, and br, p = x where they are declared.
    [Theory]
    // A pair of tags, whatever its name.
    [InlineData(Xml, "order_id", "<order_id>{order_id}</order_id>", "<order_id>A-1</order_id>")]
    [InlineData(Xml, "", "<order_id>{{order_id}}</order_id>", "<order_id>A-1</order_id>")]
    [InlineData(Xml, "", "<order_id><order_id></order_id>\\<order_id>", null)]
    [InlineData(
        Xml, "order_id", "<a><order_id>{order_id}</order_id><name><name></name></name></a>",
        "<a><order_id>A-1</order_id><name><name></name></name></a>")]
    [InlineData(Xml, "", "<Order_Id>{order_id}</Order_Id>", "<Order_Id>A-1</Order_Id>")]
    [InlineData(
        Xml, "", "<s:a xmlns:s=\"urn:x\"><name/><name />{name}</s:a>",
        "<s:a xmlns:s=\"urn:x\"><name/><name />Ann</s:a>")]
    [InlineData(
        Xml, "", "<?xml version=\"1.0\"?><!DOCTYPE a><a name=\"1\"><!-- <name> --><![CDATA[<name>]]></a>",
        "<?xml version=\"1.0\"?><!DOCTYPE a><a name=\"1\"><!-- <name> --><![CDATA[<name>]]></a>")]
    [InlineData(Xml, "", "<name >{name}</name >", "<name >Ann</name >")]
    [InlineData(Xml, "", "<first-name>{name}</first-name>", "<first-name>Ann</first-name>")]
    [InlineData(Xml, "", "<a.b>{name}</a.b>", "<a.b>Ann</a.b>")]
    // Alone, a placeholder.
    [InlineData(Xml, "", "<a><order_id></a>", "<a>A-1</a>")]
    [InlineData(Xml, "", "<a id=\"<order_id>\"><name></a>", "<a id=\"A-1\">Ann</a>")]
    [InlineData(Xml, "", "<a>\\<name></a>", "<a><name></a>")]
    [InlineData(Html, "", "<p>Dear <name>,<br>order <order_id></p>", "<p>Dear Ann,<br>order A-1</p>")]
    [InlineData(
        Html, "", "<ul><li>{name}<li>{order_id}</ul><hr><img><input disabled>",
        "<ul><li>Ann<li>A-1</ul><hr><img><input disabled>")]
    [InlineData(
        Html, "", "<!DOCTYPE html><html><head><title>{name}</title><body><p>a<p>b",
        "<!DOCTYPE html><html><head><title>Ann</title><body><p>a<p>b")]
    [InlineData(Html, "", "<IMG SRC='{name}'><P>x", "<IMG SRC='Ann'><P>x")]
    [InlineData(Html, "name", "<b>\\<name> <name></b>", "<b><name> Ann</b>")]
    [InlineData("json", "", "\"<p>Dear <name>,<br>{order_id}</p>\"", "<p>Dear Ann,<br>A-1</p>")]
    [InlineData("json", "", "\"<name> <order_id>\"", "Ann A-1")]
    [InlineData("parameter", "", "<b>{name}</b> <name>", "<b>Ann</b> Ann")]
    [InlineData("header", "", "<name>, <order_id>", "Ann, A-1")]
    [InlineData("path", "", "<name>/<order_id>", "Ann/A-1")]
    [InlineData("text/plain", "", "<name> <order_id>", "Ann A-1")]
    [InlineData("text/plain", "", "<name>{name}</name>", "<name>Ann</name>")]
    // Messages.
    [InlineData(
        Message, "", "<speak>One moment.<break time=\"300ms\"/></speak>",
        "<speak>One moment.<break time=\"300ms\"/></speak>")]
    [InlineData(Message, "", "<speak>Hello <name>.</speak>", "<speak>Hello Ann.</speak>")]
    [InlineData(
        Message, "name",
        "<speak><s>Hello {{ name }}.</s> <say-as interpret-as=\"characters\">{order_id}</say-as></speak>",
        "<speak><s>Hello Ann.</s> <say-as interpret-as=\"characters\">A-1</say-as></speak>")]
    [InlineData(Message, "", "One moment <break/> <name>.", "One moment <break/> Ann.")]
    [InlineData(Message, "", "One moment <break time='1s' /> please.", "One moment <break time='1s' /> please.")]
    [InlineData(Message, "", "Hello <name>.", "Hello Ann.")]
    // Either of the two.
    [InlineData(Xml, "", "<order_id><order_id></order_id>", null)]
    [InlineData(Xml, "", "</order_id><order_id>", null)]
    [InlineData(Xml, "", "<a>x<br></a>", null)]
    [InlineData(Html, "p", "<div>a<p>b</div>", null)]
    [InlineData(Html, "br", "<div>a<br>b</div>", null)]
    [InlineData("json", "", "\"line<br>line\"", null)]
    [InlineData(Message, "", "One moment.<br>Please hold.", null)]
    [InlineData(Message, "", "<speak>One moment.", null)]
    [InlineData(Message, "", "<speak>One moment.<break></speak>", null)]
    [InlineData(Message, "", "<speak>One<p>moment.</speak>", null)]
    // A declared variable tells.
    [InlineData(Message, "br", "Take <br>.", "Take x.")]
    [InlineData("json", "p", "\"Take <p>.\"", "Take x.")]
    public async Task Text_BecomesOrIsRefused(string name, string declared, string source, string? sent)
    {
        var place = TemplatePlace.Of(name);
        var config = place.With(source, declared.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var values = Configs.Values(("order_id", "A-1"), ("name", "Ann"), ("br", "x"), ("p", "x"));
        if (sent is null)
            Should.Throw<InvalidFieldsException>(() => _engine.Compile(config)).Violations.ShouldAllBe(
                violation => violation.Description.Contains("may be a tag or the variable")
                    && violation.Description.Contains("\\<"));
        else
            (await place.RenderAsync(_engine, config, values)).ShouldBe(sent);
    }

    [Fact]
    public void TagsAlone_NeedNoVariable()
    {
        var config = TemplatePlace.Of(Message).With("<speak>One moment.<break time=\"300ms\"/></speak>");
        Should.NotThrow(() => _engine.Compile(config));
        _engine.Compile(config).Parts.Variables.Names.ShouldBeEmpty();
    }

    [Fact]
    public async Task ManyTagsAndHalfTags_ReadInLinearTime()
    {
        string[] pieces =
        [
            "<a b=\"", "<a b='\"", "<!--", "<![CDATA[", "<a ", "<a>", "</a>", "<a", "{{ ", "<a b=c", "{a", "<a.", "{a[",
            "${", "<a b ",
        ];
        foreach (var piece in pieces)
        {
            var text = string.Concat(Enumerable.Repeat(piece, 400_000 / piece.Length));
            var started = TimeProvider.System.GetTimestamp();
            foreach (var kind in System.Enum.GetValues<TemplateKind>())
                Lookalikes.Find(TemplateSource.Read(text, kind, static _ => false)).Take(3).Count().ShouldBeLessThan(4);
            // Quadratic time would take minutes.
            TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(20), piece);
            await Task.Yield();
        }
    }
}
