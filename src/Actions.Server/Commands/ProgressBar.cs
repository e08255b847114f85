using System.Globalization;

namespace Actions.Server.Commands;

/// <summary>
/// Shows a command's progress on standard error: a bar on a terminal, otherwise a line for each tenth.
/// </summary>
internal sealed class ProgressBar(string doing, long total, TimeProvider time, TextWriter output, bool isTerminal)
{
    private const int Width = 30;
    private static readonly TimeSpan RedrawInterval = TimeSpan.FromMilliseconds(100);

    private readonly long _began = time.GetTimestamp();
    private long _drawn;
    private int _tenths;

    public void Report(long done)
    {
        var last = done >= total;
        if (!isTerminal)
        {
            var tenths = total == 0 ? 10 : (int)(Math.Min(done, total) * 10 / total);
            if (tenths > _tenths)
                output.WriteLine($"{doing}: {Describe(done)}");
            _tenths = Math.Max(_tenths, tenths);
        }
        else if (last || time.GetElapsedTime(_drawn) > RedrawInterval)
        {
            _drawn = time.GetTimestamp();
            var filled = total == 0 ? Width : (int)(Math.Min(done, total) * Width / total);
            output.Write($"\r{doing} [{new string('#', filled)}{new string('.', Width - filled)}] {Describe(done)}\e[K");
            if (last)
                output.WriteLine();
        }
    }

    private string Describe(long done)
    {
        var elapsed = time.GetElapsedTime(_began);
        var left = done > 0 && done < total && elapsed > TimeSpan.FromSeconds(1)
            ? $", {elapsed.TotalSeconds * (total - done) / done:F0} s left"
            : "";
        return string.Create(CultureInfo.InvariantCulture, $"{done:N0} of {total:N0}{left}");
    }
}
