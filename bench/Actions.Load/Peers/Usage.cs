using System.Globalization;

namespace Actions.Load.Peers;

/// <summary>What the system says of a process, the same for all languages.</summary>
/// <param name="Processor">Of all its threads since its start; in steps of 10 ms.</param>
/// <param name="Resident">Bytes in memory.</param>
internal readonly record struct Usage(TimeSpan Processor, long Resident)
{
    // USER_HZ, which is 100 wherever Linux runs today.
    private const int TicksPerSecond = 100;

    public static Usage Read(int processId)
    {
        // The name, in brackets, may contain blanks: the state after it is the third field.
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = Number(fields[11]) + Number(fields[12]);
        var resident = File.ReadLines($"/proc/{processId}/status")
            .Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Split(' ', '\t', StringSplitOptions.RemoveEmptyEntries)[1];
        return new Usage(TimeSpan.FromSeconds((double)ticks / TicksPerSecond), Number(resident) << 10);
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
