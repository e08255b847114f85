using System.Globalization;
using System.Text;

namespace Actions.Testing;

/// <summary>
/// A table of a guide in docs/, whose rows are the cases of a test: the guide promises what the test has seen.
/// </summary>
internal static class DocTable
{
    /// <summary>The rows of the first table below a heading.</summary>
    /// <param name="path">From the root of the checkout, e.g. <c>docs/apis.md</c>.</param>
    /// <param name="heading">The heading's text, without its hashes.</param>
    /// <exception cref="InvalidDataException">There is no such table, or a row has another number of
    /// cells.</exception>
    public static IReadOnlyList<DocRow> Read(string path, string heading)
    {
        var lines = File.ReadLines(Path.Combine(Suites.Checkout(), path))
            .SkipWhile(line => !line.StartsWith('#') || line.TrimStart('#').Trim() != heading)
            .Skip(1)
            .TakeWhile(line => !line.StartsWith('#'))
            .SkipWhile(line => !line.StartsWith('|'))
            .TakeWhile(line => line.StartsWith('|'))
            .Select(Cells)
            .ToList();
        if (lines.Count < 3)
            throw new InvalidDataException($"{path} has no table with rows below the heading '{heading}'.");
        return [.. lines.Skip(2).Select(cells => cells.Count == lines[0].Count
            ? new DocRow(lines[0].Zip(cells).ToDictionary(cell => cell.First, cell => cell.Second))
            : throw new InvalidDataException($"{path}, '{heading}': this row has {cells.Count} cells: {cells[0]} …"))];
    }

    // A bar within a cell is written \|, as in GitHub's tables.
    private static List<string> Cells(string line) =>
        [.. line.Replace("\\|", "\0", StringComparison.Ordinal).Trim().Trim('|').Split('|')
            .Select(cell => cell.Trim().Replace('\0', '|'))];
}

/// <summary>A row of a guide's table: its cells by the heading of their column.</summary>
internal sealed class DocRow(IReadOnlyDictionary<string, string> cells)
{
    /// <summary>The text of a cell. A code span around all of it is removed.</summary>
    public string this[string column] =>
        cells[column] is ['`', .., '`'] code ? code.Trim('`').Trim() : cells[column];

    /// <summary>The bytes of a cell: UTF-8, with <c>\n</c>, <c>\r</c>, <c>\t</c>, <c>\\</c> and
    /// <c>\xHH</c>.</summary>
    public byte[] Bytes(string column)
    {
        var text = this[column];
        using var bytes = new MemoryStream();
        for (var i = 0; i < text.Length; i++)
        {
            var next = i + 1 < text.Length ? text[i + 1] : '\0';
            if (text[i] != '\\' || !"nrt\\x".Contains(next, StringComparison.Ordinal))
            {
                var length = i + 1 < text.Length && char.IsSurrogatePair(text, i) ? 2 : 1;
                bytes.Write(Encoding.UTF8.GetBytes(text.Substring(i, length)));
                i += length - 1;
                continue;
            }

            bytes.WriteByte(next switch
            {
                'n' => (byte)'\n',
                'r' => (byte)'\r',
                't' => (byte)'\t',
                '\\' => (byte)'\\',
                _ => byte.Parse(text.AsSpan(i + 2, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            });
            i += next == 'x' ? 3 : 1;
        }

        return bytes.ToArray();
    }

    /// <summary>The row's cells, for the name of a test.</summary>
    public override string ToString() => string.Join(" | ", cells.Values);
}
