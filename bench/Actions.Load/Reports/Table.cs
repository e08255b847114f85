using System.Globalization;
using System.Text;

namespace Actions.Load.Reports;

/// <summary>A table of Markdown; numbers as people read them.</summary>
internal static class Table
{
    public static StringBuilder AppendTable(this StringBuilder text, string[] head, IEnumerable<string[]> rows)
    {
        text.Append("| ").AppendJoin(" | ", head).Append(" |\n|").Insert(text.Length, "---|", head.Length).Append('\n');
        foreach (var row in rows)
            text.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        return text.Append('\n');
    }

    /// <summary>Median and range.</summary>
    public static string Text(Spread spread, int digits = 0, string unit = "") =>
        spread.IsNone
            ? ""
            : $"{Text(spread.Median, digits)}{unit} ({Text(spread.Min, digits)}–{Text(spread.Max, digits)})";

    public static string Text(double number, int digits = 0) =>
        double.IsNaN(number) ? "" : number.ToString($"N{digits}", CultureInfo.InvariantCulture);
}
