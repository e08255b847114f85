using System.Text.Json;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Syntax;

namespace Actions.Engine.Response;

/// <summary>
/// The JSON types that an action's paths have in its sample. They are worked out once, when the first response is
/// compared with the sample: neither a save nor the start of an execution waits for that.
/// </summary>
/// <param name="parse">Parses the sample; null if there is no JSON.</param>
internal sealed class SampleKinds(Func<JsonDocument?> parse)
{
    // For all paths together: some 20 ms, which the first result waits for. Paths that are left have no type.
    private const int Steps = 100_000;

    private readonly List<JsonPath> _paths = [];
    private readonly Lock _gate = new();
    private Func<JsonDocument?>? _parse = parse;
    private JsonValueKind?[] _kinds = [];

    /// <returns>Tells the type of the first value that the path selects in the sample, with one type for booleans; null
    /// if none.</returns>
    public Func<JsonValueKind?> Of(JsonPath path)
    {
        var index = _paths.Count;
        _paths.Add(path);
        return () => Read()[index];
    }

    private JsonValueKind?[] Read()
    {
        lock (_gate)
        {
            if (_parse is null)
                return _kinds;
            _kinds = new JsonValueKind?[_paths.Count];
            using var sample = _parse();
            // The sample isn't needed any more.
            _parse = null;
            if (sample is null)
                return _kinds;
            var budget = new WorkBudget(Steps);
            for (var i = 0; i < _kinds.Length; i++)
                _kinds[i] = KindOf(_paths[i], sample.RootElement, budget);
            return _kinds;
        }
    }

    private static JsonValueKind? KindOf(JsonPath path, JsonElement sample, WorkBudget budget)
    {
        try
        {
            return ResultFieldPlan.KindOf(path, sample, budget);
        }
        catch (SyntaxException)
        {
            return null;
        }
    }
}
