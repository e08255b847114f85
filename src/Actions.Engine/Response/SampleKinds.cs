using Actions.Engine.Extraction.Paths;
using Actions.Engine.Syntax;

namespace Actions.Engine.Response;

/// <summary>
/// The kinds that an action's fields have in its sample. They are worked out once, when the first response is compared
/// with the sample: neither a save nor the start of an execution waits for that.
/// </summary>
/// <param name="read">Reads the sample, within a budget.</param>
internal sealed class SampleKinds(Func<WorkBudget, ResponseBody> read)
{
    // For all fields together: some 20 ms, which the first result waits for. Fields that are left have no kind.
    private const int Steps = 100_000;

    private readonly List<FieldSource> _sources = [];
    private readonly Lock _gate = new();
    private Func<WorkBudget, ResponseBody>? _read = read;
    private FieldKind?[] _kinds = [];

    /// <returns>Tells the kind of the field in the sample; null if it isn't there.</returns>
    public Func<FieldKind?> Of(FieldSource source)
    {
        var index = _sources.Count;
        _sources.Add(source);
        return () => Read()[index];
    }

    private FieldKind?[] Read()
    {
        lock (_gate)
        {
            if (_read is null)
                return _kinds;
            _kinds = new FieldKind?[_sources.Count];
            var budget = new WorkBudget(Steps);
            using var sample = _read(budget);
            // The sample isn't needed any more.
            _read = null;
            for (var i = 0; i < _kinds.Length; i++)
                _kinds[i] = KindOf(_sources[i], sample, budget);
            return _kinds;
        }
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
