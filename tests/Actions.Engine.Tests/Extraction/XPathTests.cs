using Actions.Engine.Extraction.Paths;
using Actions.Engine.Extraction.Xml;
using Actions.Engine.Syntax;
using Actions.Engine.Tests.Fuzz;
using Actions.Engine.Variables;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Extraction;

/// <summary>XPath 1.0 on XML that somebody else sends.</summary>
public sealed class XPathTests
{
    // What may be left to do at the deadline.
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(100);

    [Theory]
    [InlineData("")]
    [InlineData("/a[")]
    [InlineData("/a/")]
    [InlineData("//")]
    [InlineData("upper-case(/a)")]
    [InlineData("x:f(/a)")]
    [InlineData("$v")]
    [InlineData("count(1)")]
    [InlineData("count()")]
    [InlineData("/a = 'x")]
    [InlineData("for $a in /b return $a")]
    [InlineData("document('http://127.0.0.1/')")]
    [InlineData("current()")]
    [InlineData("/a['b]")]
    public void NoXPath_Refused(string text) =>
        Should.Throw<SyntaxException>(() => XPath.Parse(text)).Message.ShouldBe("isn't an XPath 1.0 expression");

    [Theory]
    [InlineData("//a[contains(., //b)]", "contains")]
    [InlineData("//a[contains(., concat('a', 'b'))]", "contains")]
    [InlineData("translate(/a, 'abc', /b)", "translate")]
    [InlineData("translate(/a, /b, 'abc')", "translate")]
    [InlineData("substring-after ( /a , /b )", "substring-after")]
    [InlineData("substring-before(/a[1], string(/b))", "substring-before")]
    public void SearchForATextOfTheDocument_Refused(string text, string function) =>
        Should.Throw<SyntaxException>(() => XPath.Parse(text))
        .Message.ShouldBe($"must have a text in quotes as the second argument of {function}()");

    [Theory]
    [InlineData("/r/contains", "\"5\"")]
    [InlineData("//a[contains(., 'n')]", "\"one\"")]
    [InlineData("translate(/r/a[1], 'abcdefghijklmnopqrstuvwxyz', \"ABCDEFGHIJKLMNOPQRSTUVWXYZ\")", "\"ONE\"")]
    [InlineData("substring-after(/r/a[1], 'o')", "\"ne\"")]
    [InlineData("//a[starts-with(., /r/start)]", "\"two\"")]
    [InlineData("//*[. = 'two']", "\"two\"")]
    [InlineData("/r/a | /r/start", "[ \"one\", \"two\", \"t\" ]")]
    [InlineData("//a[last()]/preceding-sibling::a", "\"one\"")]
    [InlineData("/r/@id", "\"7\"")]
    [InlineData("number(/r/@id) + 1", "8")]
    [InlineData("string-length(/r/a[1])", "3")]
    [InlineData("not(/r/none)", "true")]
    [InlineData("normalize-space(/r/wide)", "\"a b\"")]
    [InlineData("sum(//contains)", "5")]
    [InlineData("name(/*)", "\"r\"")]
    [InlineData("id('x')", null)]
    [InlineData("/r/none", null)]
    [InlineData("number(/r/a)", null)]
    [InlineData("1 div 0", null)]
    [InlineData("/none:r", null)]
    public void Expression_ItsValue(string text, string? value)
    {
        var document =
            Parse("<r id='7'><a>one</a><a>two</a><start>t</start><contains>5</contains><wide> a \n b </wide></r>");

        (XPath.Parse(text).Select(document, new WorkBudget(), new ValueBudget())?.ToString()).ShouldBe(value);
    }

    [Theory]
    [InlineData("/p:r/p:a", "\"1\"")]
    [InlineData("/*/*[local-name()='a']", "\"1\"")]
    [InlineData("//q:b", "\"2\"")]
    [InlineData("/r/a", null)]
    [InlineData("/q:r", null)]
    public void Prefix_AsTheDocumentDeclaresIt(string text, string? value)
    {
        var document =
            Parse("<p:r xmlns:p='urn:p'><p:a>1</p:a><c xmlns='urn:c'><q:b xmlns:q='urn:q'>2</q:b></c></p:r>");

        (XPath.Parse(text).Select(document, new WorkBudget(), new ValueBudget())?.ToString()).ShouldBe(value);
    }

    [Theory]
    [InlineData("<!DOCTYPE r><r/>", "document type declaration")]
    [InlineData("<!DOCTYPE r [<!ENTITY a 'x'>]><r>&a;</r>", "document type declaration")]
    [InlineData("<r>&nbsp;</r>", "isn't XML")]
    [InlineData("<r>", "isn't XML")]
    [InlineData("<r/><r/>", "isn't XML")]
    [InlineData("text", "isn't XML")]
    [InlineData("<r a='1' a='2'/>", "isn't XML")]
    [InlineData("<p:r/>", "isn't XML")]
    [InlineData("<r>\u0001</r>", "isn't XML")]
    public void NoXml_SaysWhyWithoutQuotingIt(string text, string problem)
    {
        var message = Should.Throw<SyntaxException>(() => Parse(text)).Message;

        message.ShouldContain(problem);
        message.ShouldNotContain("nbsp");
    }

    [Fact]
    public void Depth_AtMostTheLimit()
    {
        Parse(string.Concat(Enumerable.Repeat("<a>", 64)) + string.Concat(Enumerable.Repeat("</a>", 64)));

        Should.Throw<SyntaxException>(
            () => Parse(string.Concat(Enumerable.Repeat("<a>", 65)) + string.Concat(Enumerable.Repeat("</a>", 65))));
    }

    public static TheoryData<string, string> Hostile => new()
    {
        { "//*[//*[//*]]", nameof(Wide) },
        { "//*[count(//*) > 0]", nameof(Wide) },
        { "//a[preceding::a[following::a]]", nameof(Wide) },
        { "count(//a[. = //a])", nameof(Wide) },
        { "count(//a[not(. = //b)])", nameof(Wide) },
        { "//a/preceding-sibling::a", nameof(Wide) },
        { "//a/following::a/preceding::a", nameof(Wide) },
        { "//*[string-length(.) > 5]", nameof(Deep) },
        { "//*//*//*//*", nameof(Deep) },
        { "//*/ancestor::*/descendant::*", nameof(Deep) },
        { $"string-length(concat({string.Join(',', Enumerable.Repeat("/", 400))}))", nameof(Long) },
        { $"contains(concat({string.Join(',', Enumerable.Repeat("/", 200))}), '{new string('a', 300)}b{new string('a', 200)}')", nameof(Long) },
        { $"translate(concat({string.Join(',', Enumerable.Repeat("/", 200))}), '{new string('b', 500)}', 'x')",
            nameof(Long) },
        { "//@*[. = //@*]", nameof(Attributes) },
        { "//namespace::*[. = //namespace::*]", nameof(Attributes) },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void HostileExpression_EndsWithTheDeadline(string text, string document)
    {
        Assert.SkipUnless(ThreadClock.IsAvailable, "The processor time of a thread is read from Linux.");
        var (path, xml) = (XPath.Parse(text), Parse(Documents[document], maxDepth: 512));
        var clock = ThreadClock.OfThisThread();
        var (ended, paused) = ((TimeSpan?)null, TimeSpan.Zero);
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        // On a busy machine the deadline itself may come late: what matters is the work after it.
        var atDeadline = deadline.Token.Register(
            () => (ended, paused) = (clock.Time, GC.GetTotalPauseDuration()));

        try
        {
            // Nothing interrupts a function on one long text: its budget is taken before it begins.
            var steps = document == nameof(Long) ? WorkBudget.DefaultSteps : int.MaxValue;
            path.Select(xml, new WorkBudget(steps, deadline.Token), new ValueBudget());
        }
        catch (OperationCanceledException)
        {
        }
        catch (SyntaxException)
        {
            // Of the work or of the values there was too much before the deadline.
        }

        var now = clock.Time;
        // Waits for the note of the deadline, if that has passed.
        atDeadline.Dispose();
        // The collector may work on this thread, for all of the tests that run beside this one.
        var after = now - (ended ?? now) - (GC.GetTotalPauseDuration() - paused);
        after.ShouldBeLessThan(Late);
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public void HostileExpression_EndsWithTheBudget(string text, string document)
    {
        var (path, xml) = (XPath.Parse(text), Parse(Documents[document], maxDepth: 512));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var began = TimeProvider.System.GetTimestamp();

        try
        {
            path.Select(xml, new WorkBudget(), new ValueBudget());
        }
        // Texts that are selected may be too many before the nodes are.
        catch (SyntaxException e) when (e is not TooLargeException)
        {
            e.Message.ShouldBeOneOf("visits too many nodes of the document", "selects more than fits into one message");
        }
        catch (TooLargeException)
        {
        }

        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(10));
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1L << 30);
    }

    private static Dictionary<string, string> Documents => new()
    {
        [nameof(Wide)] = Wide,
        [nameof(Deep)] = Deep,
        [nameof(Long)] = Long,
        [nameof(Attributes)] = Attributes,
    };

    private static string Wide { get; } =
        $"<r>{string.Concat(Enumerable.Range(0, 100_000).Select(i => $"<a>{i}</a>"))}</r>";

    private static string Deep { get; } =
        string.Concat(Enumerable.Repeat("<a>", 500)) + new string('x', 1_000_000) + string.Concat(
            Enumerable.Repeat("</a>", 500));

    private static string Long { get; } = $"<r>{new string('a', 1_000_000)}</r>";

    private static string Attributes { get; } =
        $"<r xmlns:p='urn:p'>{string.Concat(Enumerable.Range(0, 50_000).Select(i => $"<a b='{i}'/>"))}</r>";

    private static XmlBody Parse(string xml, int maxDepth = 64) => XmlBody.Parse(xml, maxDepth, new WorkBudget());
}
