using System.Xml;
using System.Xml.XPath;
using System.Text;
using Actions.Engine.Limits;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Extraction.Xml;

/// <summary>
/// Lists the fields that can be selected from an XML sample, in document order: every attribute, every element with a
/// text, the first of equal siblings, and a path for all of them.
/// </summary>
internal sealed class XmlDiscovery(IEnumerable<string> taken, int maxPathLength)
{
    private const string Xsi = "http://www.w3.org/2001/XMLSchema-instance";

    // As many elements of a list as for JSON.
    private const int MaxShownElements = 10;

    private readonly List<SampleField> _fields = [];
    private readonly NameSuggestions _names = new(taken);

    /// <param name="taken">Variable names that are already used.</param>
    /// <param name="maxPathLength">Fields with a longer path can't be selected.</param>
    /// <returns>At most <see cref="ContractLimits.MaxSampleFields"/>.</returns>
    public static IReadOnlyList<SampleField> Discover(XPathNavigator root, IEnumerable<string> taken, int maxPathLength)
    {
        var discovery = new XmlDiscovery(taken, maxPathLength);
        discovery.WalkChildren(root, "", []);
        return discovery._fields;
    }

    /// <summary>The document with every text removed, to compare later responses with.</summary>
    public static string ShapeOf(XPathNavigator root)
    {
        var shape = new StringBuilder();
        using (var writer = XmlWriter.Create(
            shape, new XmlWriterSettings { OmitXmlDeclaration = true, ConformanceLevel = ConformanceLevel.Fragment }))
            foreach (XPathNavigator element in root.SelectChildren(XPathNodeType.Element))
                WriteShape(writer, element);
        return shape.ToString();
    }

    // As deep as the parser allowed.
    private void WalkChildren(XPathNavigator parent, string path, IReadOnlyList<string> names)
    {
        var children = Copies(parent.SelectChildren(XPathNodeType.Element)).ToList();
        foreach (var group in children.GroupBy(child => (child.LocalName, child.NamespaceURI)))
        {
            if (_fields.Count >= ContractLimits.MaxSampleFields)
                return;
            var (first, several) = (group.First(), group.Skip(1).Any());
            var step = $"{path}/{StepOf(first)}";
            if (step.Length > maxPathLength)
                continue;
            if (several)
                AddAll(step, group, ["all", .. names, first.LocalName]);
            Walk(first, several ? $"{step}[1]" : step, [.. names, first.LocalName]);
        }
    }

    private void Walk(XPathNavigator element, string path, IReadOnlyList<string> names)
    {
        if (HasText(element) && !IsNil(element))
            Add(path, VariableType.String, Value.ForString(element.Value), names);
        foreach (var attribute in Attributes(element))
            Add(
                $"{path}/@{StepOf(attribute)}",
                VariableType.String,
                Value.ForString(attribute.Value),
                [.. names, attribute.LocalName]);
        WalkChildren(element, path, names);
    }

    /// <summary>The texts of all elements of a list, or of the same child of all of them.</summary>
    private void AddAll(string path, IEnumerable<XPathNavigator> elements, IReadOnlyList<string> names)
    {
        var list = elements.ToList();
        if (list.All(HasText))
            AddList(path, names, list);
        foreach (XPathNavigator child in list[0].SelectChildren(XPathNodeType.Element))
        {
            var same = list.SelectMany(element => Copies(element.SelectChildren(child.LocalName, child.NamespaceURI)))
                .ToList();
            if (same.Count > 1 && same.All(HasText))
                AddList($"{path}/{StepOf(child)}", [.. names, child.LocalName], same);
        }
    }

    private void AddList(string path, IReadOnlyList<string> names, List<XPathNavigator> nodes) => Add(
        path,
        VariableType.Json,
        // A shortened list would be another value than the one that is selected.
        nodes.Count > MaxShownElements
            ? null
            : Value.ForList([.. nodes.Select(node => IsNil(node) ? Value.ForNull() : Value.ForString(node.Value))]),
        names);

    private void Add(string path, VariableType type, Value? value, IReadOnlyList<string> names)
    {
        if (_fields.Count < ContractLimits.MaxSampleFields && path.Length <= maxPathLength
            && !_fields.Exists(field => field.Xpath == path))
            _fields.Add(new SampleField
            {
                Xpath = path,
                Type = type,
                Value = value,
                SuggestedVariable = _names.Suggest(names),
            });
    }

    /// <summary>No child elements, or text between them.</summary>
    private static bool HasText(XPathNavigator element) =>
        !element.SelectChildren(XPathNodeType.Element).MoveNext()
            || element.SelectChildren(XPathNodeType.Text).MoveNext();

    private static IEnumerable<XPathNavigator> Copies(XPathNodeIterator nodes) =>
        nodes.Cast<XPathNavigator>().Select(node => node.Clone());

    private static bool IsNil(XPathNavigator element) => element.GetAttribute("nil", Xsi) is "true" or "1";

    private static IEnumerable<XPathNavigator> Attributes(XPathNavigator element)
    {
        var at = element.Clone();
        for (var any = at.MoveToFirstAttribute(); any; any = at.MoveToNextAttribute())
            if (at.NamespaceURI != Xsi)
                yield return at.Clone();
    }

    /// <summary>
    /// A name without a namespace as it is. Otherwise the local name: an API may change its prefixes at any time.
    /// </summary>
    private static string StepOf(XPathNavigator node) =>
        node.NamespaceURI.Length == 0 ? node.LocalName : $"*[local-name()='{node.LocalName}']";

    private static void WriteShape(XmlWriter writer, XPathNavigator element)
    {
        writer.WriteStartElement(element.Prefix, element.LocalName, element.NamespaceURI);
        var at = element.Clone();
        for (var any = at.MoveToFirstAttribute(); any; any = at.MoveToNextAttribute())
            writer.WriteAttributeString(at.Prefix, at.LocalName, at.NamespaceURI, "");
        foreach (XPathNavigator child in element.SelectChildren(XPathNodeType.Element))
            WriteShape(writer, child);
        writer.WriteEndElement();
    }
}
