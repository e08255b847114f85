using System.Text;
using Actions.Engine.Variables;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Response;

/// <summary>The reading of all fields of one response, and the texts in it that are documents.</summary>
/// <param name="known">The fields that were read so far.</param>
internal sealed class FieldReading(UpstreamResponse response, IDictionary<string, Value> known) : IDisposable
{
    // Null: few actions look into texts.
    private Dictionary<string, ResponseBody>? _inner;

    public UpstreamResponse Response => response;

    /// <summary>Limits all fields together.</summary>
    public ValueBudget Values { get; } = new();

    /// <summary>The text of a field that was read before, as a body of its own; the response's body for null.</summary>
    /// <returns>Null: the field has no value.</returns>
    public ResponseBody? BodyIn(string? variable)
    {
        if (variable is null)
            return response.Body;
        _inner ??= new(StringComparer.Ordinal);
        if (_inner.TryGetValue(variable, out var body))
            return body;
        if (!known.TryGetValue(variable, out var value))
            return null;
        // A list or an object is JSON already.
        body = response.Inner(Encoding.UTF8.GetBytes(JsonValue.ToText(value)));
        _inner.Add(variable, body);
        return body;
    }

    public void Dispose()
    {
        if (_inner is null)
            return;
        foreach (var body in _inner.Values)
            body.Dispose();
    }
}
