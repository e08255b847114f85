using System.Xml;
using System.Xml.XPath;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Syntax;

namespace Actions.Engine.Extraction.Xml;

/// <summary>
/// A parsed XML document. Without a document type declaration, so that it has no entities of its own, and nothing is
/// loaded from elsewhere.
/// </summary>
internal sealed class XmlBody
{
    private readonly XPathDocument _document;

    private XmlBody(XPathDocument document) => _document = document;

    /// <param name="maxDepth">The limit of nested elements.</param>
    /// <exception cref="SyntaxException">It isn't XML within the limits. The message quotes nothing of it.</exception>
    /// <exception cref="OperationCanceledException">The deadline of the budget has passed.</exception>
    public static XmlBody Parse(string text, int maxDepth, WorkBudget budget)
    {
        try
        {
            using var reader = new BoundedReader(WithoutDeclaration(text), maxDepth, budget);
            return new XmlBody(new XPathDocument(reader));
        }
        catch (XmlException e)
        {
            throw new SyntaxException(text.Contains("<!DOCTYPE", StringComparison.Ordinal)
                ? "has a document type declaration, which isn't read"
                : $"isn't XML of at most {maxDepth} levels (line {e.LineNumber}, character {e.LinePosition})");
        }
        // A reference to an entity that nothing declares.
        catch (InvalidOperationException)
        {
            throw new SyntaxException("isn't XML without entities of its own");
        }
    }

    /// <summary>
    /// White space in place of the declaration, so that places in the text stay. The text is decoded, XML 1.1 is read
    /// like 1.0, and white space before it is a common mistake.
    /// </summary>
    private static string WithoutDeclaration(string text)
    {
        var start = text.AsSpan().TrimStart();
        var end = start.IndexOf("?>", StringComparison.Ordinal);
        if (end < 0 || !start.StartsWith("<?xml", StringComparison.Ordinal) || !char.IsWhiteSpace(start[5]))
            return text;
        var length = text.Length - start.Length + end + 2;
        return new string(' ', length) + text[length..];
    }

    /// <summary>The document's root; every step on it is counted.</summary>
    /// <param name="weight">How much more than usual a character of a text costs.</param>
    public XPathNavigator Navigate(WorkBudget budget, int weight = 1) =>
        new MeteredNavigator(_document.CreateNavigator(), budget, weight);

    private sealed class BoundedReader : XmlTextReader
    {
        private readonly int _maxDepth;
        private readonly WorkBudget _budget;

        public BoundedReader(string text, int maxDepth, WorkBudget budget)
            : base(new StringReader(text))
        {
            (_maxDepth, _budget) = (maxDepth, budget);
            DtdProcessing = DtdProcessing.Prohibit;
            XmlResolver = null;
            EntityHandling = EntityHandling.ExpandEntities;
            Normalization = true;
        }

        public override bool Read()
        {
            _budget.Step();
            if (!base.Read())
                return false;
            return Depth < _maxDepth ? true : throw new XmlException("too deep", null, LineNumber, LinePosition);
        }
    }
}
