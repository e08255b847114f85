using System.Globalization;
using System.Text;

namespace Actions.Load.Reports;

/// <summary>Two kinds of picture, as SVG: bars with their range, and lines over a logarithmic scale.</summary>
internal static class Picture
{
    private const int Width = 760;
    private const int Left = 215;
    private const int Right = 130;
    private const int Top = 44;
    private const int Row = 34;

    private static readonly string[] Colours = ["#0b6bcb", "#7a8794", "#00838f", "#2e7d32", "#c77700"];

    /// <param name="ours">The bar that stands out.</param>
    public static string Bars(string title, string unit, IReadOnlyList<(string Label, Spread Value)> bars, int ours)
    {
        var most = bars.Max(bar => bar.Value.Max);
        var height = Top + Row * bars.Count + 12;
        var svg = Begin(title, height);
        for (var i = 0; i < bars.Count; i++)
        {
            var (label, value) = bars[i];
            var y = Top + Row * i;
            double X(double number) => Left + number / most * (Width - Left - Right);
            var colour = i == ours ? Colours[0] : "#b8c2cc";
            var width = X(value.Median) - Left;
            svg.Append(Text(Left - 10, y + 20, label, "end"))
                .Append(Invariant($"<rect x=\"{Left}\" y=\"{y + 5}\" width=\"{width:0.0}\" height=\"20\" "))
                .Append(Invariant($"fill=\"{colour}\"/>"))
                .Append(Line(X(value.Min), y + 15, X(value.Max), y + 15, "#333", 1))
                .Append(Line(X(value.Min), y + 11, X(value.Min), y + 19, "#333", 1))
                .Append(Line(X(value.Max), y + 11, X(value.Max), y + 19, "#333", 1))
                .Append(Text(X(value.Max) + 8, y + 20, $"{Table.Text(value.Median)} {unit}", "start"));
        }

        return svg.Append("</svg>\n").ToString();
    }

    /// <param name="steps">Below the lines.</param>
    public static string Lines(
        string title, string unit, string[] steps, IReadOnlyList<(string Label, double[] Values)> lines)
    {
        const int height = 380;
        const int bottom = height - 40;
        const int left = 70;
        var all = lines.SelectMany(line => line.Values).Where(value => value > 0).ToList();
        var (low, high) = (Math.Floor(Math.Log10(all.Min())), Math.Ceiling(Math.Log10(all.Max())));
        high = Math.Max(high, low + 1);
        var svg = Begin(title, height);
        double X(int step) => left + (Width - left - 260.0) * step / (steps.Length - 1);
        double Y(double value) => bottom - (Math.Log10(value) - low) / (high - low) * (bottom - Top);
        for (var power = low; power <= high; power++)
        {
            var y = Y(Math.Pow(10, power));
            var label = Math.Pow(10, power).ToString("0.###", CultureInfo.InvariantCulture);
            svg.Append(Line(left, y, X(steps.Length - 1), y, "#ddd", 1))
                .Append(Text(left - 8, y + 4, $"{label} {unit}", "end"));
        }

        for (var step = 0; step < steps.Length; step++)
            svg.Append(Text(X(step), bottom + 22, steps[step], "middle"));
        // The names stand at the right, in the order of the lines' ends, and none on another.
        var free = double.MaxValue;
        foreach (var (line, i) in lines.Select((line, i) => (line, i)).OrderBy(entry => entry.line.Values[^1]))
        {
            var colour = Colours[i % Colours.Length];
            var points = line.Values.Select((value, step) => Invariant($"{X(step):0.0},{Y(value):0.0}"));
            svg.Append($"<polyline points=\"{string.Join(' ', points)}\" fill=\"none\" stroke=\"{colour}\" ")
                .Append(i == 0 ? "stroke-width=\"3\"/>" : "stroke-width=\"1.5\"/>");
            free = Math.Min(free - 18, Y(line.Values[^1]) + 4);
            var last = line.Values[^1].ToString("0.0", CultureInfo.InvariantCulture);
            svg.Append(Text(X(steps.Length - 1) + 8, free, $"{line.Label} {last}", "start", colour));
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static StringBuilder Begin(string title, int height) => new StringBuilder()
        .Append(Invariant($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" "))
        .Append(Invariant($"width=\"{Width}\" "))
        .Append("font-family=\"system-ui, sans-serif\" font-size=\"13\">")
        .Append("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>")
        .Append(Text(16, 26, title, "start", "#111", " font-weight=\"600\" font-size=\"15\""));

    private static string Text(
        double x, double y, string text, string anchor, string colour = "#333", string more = "") =>
        Invariant($"<text x=\"{x:0.0}\" y=\"{y:0.0}\" text-anchor=\"{anchor}\" fill=\"{colour}\"{more}>")
        + $"{Escape(text)}</text>\n";

    private static string Line(double x1, double y1, double x2, double y2, string colour, int width) =>
        Invariant($"<line x1=\"{x1:0.0}\" y1=\"{y1:0.0}\" x2=\"{x2:0.0}\" y2=\"{y2:0.0}\" ")
        + Invariant($"stroke=\"{colour}\" stroke-width=\"{width}\"/>\n");

    private static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
