using System.Xml;
using System.Xml.XPath;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Syntax;
using Actions.Engine.Variables;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Extraction.Xml;

/// <summary>An XPath 1.0 expression, parsed and checked once; System.Xml evaluates it.</summary>
/// <remarks>
/// A prefix stands for the namespace that the document itself declares for it. An element in a namespace has a name
/// without prefix only in <c>local-name()</c> (XPath 1.0 section 2.3).
/// </remarks>
internal sealed class XPath
{
    private const string SchemaInstance = "http://www.w3.org/2001/XMLSchema-instance";

    // Searching a text for a short one is fast. For a long one it takes the product of both lengths, uninterrupted.
    private static readonly string[] Searching = ["contains", "substring-before", "substring-after", "translate"];

    // The characters of quoted texts after which searching takes twice as long.
    private const int CharactersPerWeight = 64;

    private readonly XPathExpression _expression;
    private readonly IReadOnlyList<string> _prefixes;
    private readonly int _weight;

    private XPath(string text, XPathExpression expression, IReadOnlyList<string> prefixes, int weight)
    {
        (Text, _expression, _prefixes, _weight) = (text, expression, prefixes, weight);
    }

    public string Text { get; }

    /// <exception cref="SyntaxException">The text isn't an XPath 1.0 expression, or could take too long.</exception>
    public static XPath Parse(string text)
    {
        var tokens = XPathScanner.Tokens(text);
        for (var i = 0; i < tokens.Count; i++)
            if (Searching.Contains(tokens[i])
                && XPathScanner.Arguments(tokens, i) is { } arguments
                && !arguments.Skip(1).All(argument => argument is [var only] && XPathScanner.IsQuoted(only)))
                throw new SyntaxException($"must have a text in quotes as the second argument of {tokens[i]}()");

        var prefixes = tokens
            .Where((token, i) => XPathScanner.IsName(token) && i + 1 < tokens.Count && tokens[i + 1] == ":")
            // Declared in every document (Namespaces in XML, section 3).
            .Where(prefix => prefix != "xml")
            .Distinct(StringComparer.Ordinal)
            .ToList();
        var weight = 1 + (tokens.Where(XPathScanner.IsQuoted).Sum(token => token.Length) / CharactersPerWeight);
        try
        {
            var path = new XPath(text, XPathExpression.Compile(text), prefixes, weight);
            // Unknown functions and variables are found only by an evaluation.
            path.Evaluate(
                XmlBody.Parse("<x/>", maxDepth: 2, new WorkBudget()), new WorkBudget(), new ValueBudget(), prefix => $"urn:{prefix}");
            return path;
        }
        catch (Exception e) when (e is XPathException or ArgumentException)
        {
            throw new SyntaxException("isn't an XPath 1.0 expression");
        }
    }

    /// <returns>A string for one node, a list of strings for several, a value for another result; null for no node, or
    /// a number that isn't one.</returns>
    /// <exception cref="SyntaxException">The budget of work is spent.</exception>
    /// <exception cref="TooLargeException">The budget of values is spent.</exception>
    /// <exception cref="OperationCanceledException">The deadline of the budget has passed.</exception>
    public Value? Select(XmlBody document, WorkBudget budget, ValueBudget values)
    {
        var declared = _prefixes.Count == 0 ? [] : Namespaces(document.Navigate(budget));
        // A prefix that the document doesn't declare stands for a namespace that it doesn't have.
        return Evaluate(document, budget, values, prefix => declared.GetValueOrDefault(prefix, $"urn:undeclared:{prefix}"));
    }

    private Value? Evaluate(
        XmlBody document, WorkBudget budget, ValueBudget values, Func<string, string> namespaceOf)
    {
        var root = document.Navigate(budget, _weight);
        var expression = _expression.Clone();
        var context = new XmlNamespaceManager(new NameTable());
        foreach (var prefix in _prefixes)
            context.AddNamespace(prefix, namespaceOf(prefix));
        expression.SetContext(context);
        try
        {
            return root.Evaluate(expression) switch
            {
                XPathNodeIterator nodes => ValueOf(nodes, values),
                double number => double.IsFinite(number) ? Value.ForNumber(number) : null,
                bool boolean => Value.ForBool(boolean),
                string text => values.TextOf(text),
                _ => null,
            };
        }
        catch (XPathException)
        {
            throw new SyntaxException("can't be evaluated on this document");
        }
    }

    private static Value? ValueOf(XPathNodeIterator nodes, ValueBudget values)
    {
        var found = new List<Value>();
        while (nodes.MoveNext())
            found.Add(IsNil(nodes.Current!) ? Value.ForNull() : values.TextOf(nodes.Current!.Value));
        return found switch
        {
            [] => null,
            [var only] => only,
            _ => Value.ForList([.. found]),
        };
    }

    /// <summary>XML Schema part 1, section 2.6.2: the null of XML.</summary>
    private static bool IsNil(XPathNavigator node) =>
        node.NodeType == XPathNodeType.Element && node.HasAttributes
            && node.GetAttribute("nil", SchemaInstance) is "true" or "1";

    /// <summary>The namespaces of the needed prefixes, by their first declaration in the document.</summary>
    private Dictionary<string, string> Namespaces(XPathNavigator root)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        var elements = root.SelectDescendants(XPathNodeType.Element, matchSelf: false);
        while (found.Count < _prefixes.Count && elements.MoveNext())
        {
            var at = elements.Current!.Clone();
            const XPathNamespaceScope own = XPathNamespaceScope.Local;
            for (var any = at.MoveToFirstNamespace(own); any; any = at.MoveToNextNamespace(own))
                if (_prefixes.Contains(at.LocalName))
                    found.TryAdd(at.LocalName, at.Value);
        }

        return found;
    }
}
