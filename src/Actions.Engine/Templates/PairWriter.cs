using System.Globalization;
using System.Runtime.CompilerServices;

namespace Actions.Engine.Templates;

/// <summary>Writes the pairs of a query or a form, each after its separator.</summary>
/// <param name="first">Before the first pair; "&amp;" is before all others.</param>
internal ref struct PairWriter(string first, Span<char> buffer)
{
    private string _separator = first;

    /// <summary>All that was written.</summary>
    public DefaultInterpolatedStringHandler Text = new(0, 0, CultureInfo.InvariantCulture, buffer);

    /// <summary>Some text may have a separator at its end already, which isn't written twice.</summary>
    public bool MayBeSeparated { get; set; }

    public readonly int Length => Text.Text.Length;

    /// <summary>Begins a pair.</summary>
    public void Begin()
    {
        if (!MayBeSeparated || _separator != "&" || Text.Text is not [.., '?' or '&'])
            Text.AppendLiteral(_separator);
        _separator = "&";
    }
}
