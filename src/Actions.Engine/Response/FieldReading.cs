using System.Text;
using Actions.Engine.Variables;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Response;

/// <summary>The reading of all fields of one response: what was read so far, and the texts in it that are
/// documents.</summary>
internal sealed class FieldReading(UpstreamResponse response) : IDisposable
{
    private readonly Dictionary<string, Value> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ResponseBody> _inner = new(StringComparer.Ordinal);

    public UpstreamResponse Response => response;

    public void Keep(string variable, Value value) => _values[variable] = value;

    /// <summary>The text of a field that was read before, as a body of its own; the response's body for null.</summary>
    /// <returns>Null: the field has no value.</returns>
    public ResponseBody? BodyIn(string? variable)
    {
        if (variable is null)
            return response.Body;
        if (_inner.TryGetValue(variable, out var known))
            return known;
        if (!_values.TryGetValue(variable, out var value))
            return null;
        // A list or an object is JSON already.
        var inner = response.Inner(Encoding.UTF8.GetBytes(JsonValue.ToText(value)));
        _inner.Add(variable, inner);
        return inner;
    }

    public void Dispose()
    {
        foreach (var inner in _inner.Values)
            inner.Dispose();
    }
}
