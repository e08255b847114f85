using System.Xml;
using System.Xml.XPath;
using Actions.Engine.Extraction.Paths;

namespace Actions.Engine.Extraction.Xml;

/// <summary>
/// Counts every step of System.Xml's XPath evaluation, which can't be cancelled otherwise: it moves and reads through
/// this, and ends when the budget is spent or the deadline has passed.
/// </summary>
internal sealed class MeteredNavigator(XPathNavigator inner, WorkBudget budget, int weight) : XPathNavigator
{
    // The evaluation keeps a copy for each node of a set: some 100 bytes, which must be bounded as well.
    private const int StepsPerCopy = 8;

    // A text is built, kept and compared: it costs more than the bytes that JSON's evaluation passes over.
    private const int BytesPerCharacter = 8;

    public override XmlNameTable NameTable => inner.NameTable;

    public override XPathNodeType NodeType => inner.NodeType;

    public override string LocalName => inner.LocalName;

    public override string Name => inner.Name;

    public override string NamespaceURI => inner.NamespaceURI;

    public override string Prefix => inner.Prefix;

    public override string BaseURI => inner.BaseURI;

    public override bool IsEmptyElement => inner.IsEmptyElement;

    public override string Value
    {
        get
        {
            budget.Step();
            var value = inner.Value;
            for (var i = 0; i < weight; i++)
                budget.Pass(value.Length * BytesPerCharacter);
            return value;
        }
    }

    public override XPathNavigator Clone()
    {
        for (var i = 0; i < StepsPerCopy; i++)
            budget.Step();
        return new MeteredNavigator(inner.Clone(), budget, weight);
    }

    public override bool IsSamePosition(XPathNavigator other) => Count(inner.IsSamePosition(Inner(other)));

    public override XmlNodeOrder ComparePosition(XPathNavigator? other)
    {
        budget.Step();
        return inner.ComparePosition(other is null ? null : Inner(other));
    }

    public override bool MoveTo(XPathNavigator other) => Count(inner.MoveTo(Inner(other)));

    public override bool MoveToFirstAttribute() => Count(inner.MoveToFirstAttribute());

    public override bool MoveToNextAttribute() => Count(inner.MoveToNextAttribute());

    public override bool MoveToFirstNamespace(XPathNamespaceScope scope) => Count(inner.MoveToFirstNamespace(scope));

    public override bool MoveToNextNamespace(XPathNamespaceScope scope) => Count(inner.MoveToNextNamespace(scope));

    public override bool MoveToFirstChild() => Count(inner.MoveToFirstChild());

    public override bool MoveToNext() => Count(inner.MoveToNext());

    public override bool MoveToPrevious() => Count(inner.MoveToPrevious());

    public override bool MoveToParent() => Count(inner.MoveToParent());

    public override void MoveToRoot()
    {
        budget.Step();
        inner.MoveToRoot();
    }

    /// <summary>Ids need a document type declaration.</summary>
    public override bool MoveToId(string id) => false;

    private static XPathNavigator Inner(XPathNavigator other) =>
        other is MeteredNavigator metered ? metered.Unmetered : other;

    private XPathNavigator Unmetered => inner;

    private bool Count(bool moved)
    {
        budget.Step();
        return moved;
    }
}
