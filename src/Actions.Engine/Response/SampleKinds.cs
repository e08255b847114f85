using Actions.Engine.Extraction.Paths;
using Actions.Engine.Syntax;

namespace Actions.Engine.Response;

/// <summary>
/// The kinds that an action's fields have in its sample. They are worked out once, when the first response is compared
/// with the sample: neither a save nor the start of an execution waits for that.
/// </summary>
internal sealed class SampleKinds
{
    // For all fields together: some 20 ms, which the first result waits for. Fields that are left have no kind.
    private const int Steps = 100_000;

    private readonly List<FieldSource> _sources = [];
    private readonly Lazy<FieldKind?[]> _kinds;

    /// <param name="read">Reads the sample, within a budget. The sample isn't kept afterwards.</param>
    public SampleKinds(Func<WorkBudget, ResponseBody> read) => _kinds = new(() =>
    {
        var budget = new WorkBudget(Steps);
        using var sample = read(budget);
        return [.. _sources.Select(source => KindOf(source, sample, budget))];
    });

    /// <returns>Tells the kind of the field in the sample; null if it isn't there.</returns>
    public Func<FieldKind?> Of(FieldSource source)
    {
        var index = _sources.Count;
        _sources.Add(source);
        return () => _kinds.Value[index];
    }

    private static FieldKind? KindOf(FieldSource source, ResponseBody sample, WorkBudget budget)
    {
        try
        {
            return source.KindIn(sample, budget);
        }
        catch (SyntaxException)
        {
            return null;
        }
    }
}
