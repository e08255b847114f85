using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Actions.V1;

namespace Actions.Engine.Tests.Faults;

/// <summary>What each fault has given, as a table in artifacts/test/faults.md.</summary>
public sealed class FaultReport : IDisposable
{
    private readonly ConcurrentDictionary<string, string> _outcomes = new();

    public void Dispose()
    {
        var table = new StringBuilder("# What each fault gives\n\nReason, time and what was allocated meanwhile by all sides.\n\n");
        table.Append("| fault | connect | TLS | headers | body |\n|---|---|---|---|---|\n");
        foreach (var row in FaultMatrix.Rows)
            table.Append(CultureInfo.InvariantCulture, $"| {row.Fault} | {string.Join(" | ", row.Cells.Select(cell => Describe(cell.Cell)))} |\n");
        Report.Write("faults.md", table.ToString());
    }

    internal void Add(Case fault, Told told, long allocated) =>
        _outcomes[fault.Name] = string.Create(
            CultureInfo.InvariantCulture, $"{Name(told.Reason)}, {told.Took.TotalMilliseconds:0} ms, {allocated >> 10} KiB");

    private static string Name(FailureReason? reason) => reason is null ? "success" : $"**{reason}**";

    private string Describe(Cell cell) => cell switch
    {
        NotApplicable nothing => $"n/a: {nothing.Why}",
        Case fault => _outcomes.GetValueOrDefault(fault.Name, "not run"),
        _ => throw new InvalidOperationException(),
    };
}
